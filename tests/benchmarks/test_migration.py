"""How planning and verifying grow with a system: 1,000 services with 8,000 dependencies become 200."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest

from novaplan.consolidation import Policy, consolidate
from novaplan.migration.invariants import all_invariants
from novaplan.migration.planning import plan
from novaplan.migration.proof import prove
from novaplan.migration.states import states
from novaplan.topology.base import replace
from novaplan.topology.datastore import Connections
from novaplan.topology.system import Topology
from tests.generate import groups, system

SIZES = (250, 500, 1_000)
PER_SERVICE = 8
MEMBERS = 5
QUADRATIC = 2.0
"""Each stage knows all that come before it, one bit for each; everything else grows with the stages."""
NOISE = 0.3
"""What a busy machine may add to an exponent."""

times: dict[tuple[str, int], float] = {}


@cache
def sides(services: int) -> tuple[Topology, Topology]:
    """A big system and what it becomes: neighbours become one; servers take whatever is opened."""
    made = system(services=services, dependencies=PER_SERVICE * services)
    wide = Connections(max=100_000)
    current = replace(
        made,
        datastores=tuple(
            replace(store, connections=wide) if store.kind == "postgres" else store for store in made.datastores
        ),
    )
    ports = [{"name": "http", "port": 8080}, {"name": "metrics", "port": 9090, "protocol": "metrics"}]
    settings = {"image": "merged", "language": "any", "framework": "any", "namespace": "area-0000", "team": "any"}
    merged = [
        {"name": f"group-{n}", "members": members, "internal": "in-process", "settings": {**settings, "ports": ports}}
        for n, members in enumerate(groups(current, services // MEMBERS))
    ]
    policy = Policy.model_validate({"name": "big", "rules": {"timeouts": "max"}, "groups": merged})
    return current, consolidate(current, policy)


@cache
def planned(services: int) -> Any:
    return plan(*sides(services))


def note(benchmark: Any, what: str, services: int) -> None:
    if benchmark.stats is not None:  # absent with --benchmark-disable
        times[what, services] = benchmark.stats.stats.min


@pytest.mark.parametrize("services", SIZES)
def test_plan(benchmark: Any, services: int) -> None:
    benchmark.group = "plan"

    made = benchmark.pedantic(plan, args=sides(services), rounds=1, iterations=1)

    assert made.proof.holds
    assert len(made.steps) > services
    note(benchmark, "plan", services)


@pytest.mark.parametrize("services", SIZES)
def test_prove(benchmark: Any, services: int) -> None:
    benchmark.group = "prove"
    world = planned(services).world

    proof = benchmark.pedantic(prove, args=(world, all_invariants()), rounds=1, iterations=1)

    assert proof.holds
    note(benchmark, "prove", services)


@pytest.mark.parametrize("services", SIZES)
def test_states(benchmark: Any, services: int) -> None:
    benchmark.group = "states"
    world = planned(services).world

    found = benchmark.pedantic(lambda: sum(1 for _ in states(world, all_invariants())), rounds=1, iterations=1)

    assert found == len(world.steps) + 1
    note(benchmark, "states", services)


@pytest.mark.parametrize("what", ["plan", "prove", "states"])
def test_growth_is_no_worse_than_quadratic(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = [times[what, services] for services in SIZES if (what, services) in times]
    if len(known) < len(SIZES):
        pytest.skip("needs the times of every size, from the tests above")
    growth = math.log(known[-1] / known[0]) / math.log(SIZES[-1] / SIZES[0])
    with capsys.disabled():
        print(f"\n{what}: {', '.join(f'{seconds:.1f} s' for seconds in known)}; exponent {growth:.2f}")

    assert growth < QUADRATIC + NOISE
