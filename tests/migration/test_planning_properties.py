"""Any system, consolidated in any way: a plan leads to target, or what stands in its way is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.errors import PlanRefused, one_line
from novaplan.migration import storage
from novaplan.migration.invariants import all_invariants
from novaplan.migration.planning import plan
from novaplan.migration.proof import prove
from novaplan.migration.rollout import load_rollout
from novaplan.migration.verify import verify
from novaplan.migration.world import World
from novaplan.topology.parts import split
from novaplan.topology.storage import dumps, loads
from novaplan.topology.system import Topology
from tests.consolidation.settling import settled
from tests.consolidation.test_properties import groupings
from tests.strategies import topologies

INVARIANTS = {invariant.name for invariant in all_invariants()}
THEOREMS = {"confluence", "arrival", "ways-back"}


def merged(topology: Topology, policy: dict[str, Any]) -> Topology | None:
    """Target, where the conflicts can be settled without a person."""
    try:
        return settled(topology, policy)[0]
    except AssertionError:
        return None


def wrong_with(topology: Topology) -> list[str]:
    """What a system breaks that nothing changes any more."""
    proof = prove(World(topology, topology, (), load_rollout()), all_invariants())
    return [f"{breach.invariant}: {breach.subject}" for breach in proof.breaches]


@settings(max_examples=25)
@given(st.data(), topologies())
def test_a_plan_leads_to_target_or_is_refused_with_its_reasons(data: st.DataObject, current: Topology) -> None:
    target = merged(current, data.draw(groupings(current)))
    if target is None:
        return
    wrong = wrong_with(target)
    try:
        made = plan(current, target)
    except PlanRefused as no:
        told = [str(problem) for problem in no.problems]
        assert told
        for line in told:
            name = line.partition(": ")[0]
            assert name in INVARIANTS
            assert name not in THEOREMS
            assert "\n" not in line
        for subject in wrong:
            assert any(line.startswith(one_line(subject)) for line in told), subject
        return
    assert not wrong
    assert split(made.state(len(made))) == split(target)
    found = verify(storage.loads(storage.dumps(made.world, made.proof, as_json=True)), current, target)
    assert found.accepted
    assert found.notes == ()
    assert made.state(0) == current.model_copy(update={"lineage": None})


@settings(max_examples=25)
@given(topologies())
def test_nothing_to_change_is_a_plan_without_edits(topology: Topology) -> None:
    topology = topology.model_copy(update={"lineage": None})
    same = loads(dumps(topology))
    if wrong_with(same):
        return
    assert [step.id for step in plan(topology, same) if step.edits] == []
