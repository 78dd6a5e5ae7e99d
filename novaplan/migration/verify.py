"""Check a plan from scratch: whether it is for these topologies, well formed, and safe. Nothing in it is trusted.

Who edits a plan may reorder steps where the order allows it, word texts and estimate efforts anew. Everything else is
judged: the three theorems and every invariant are asked of the steps as the file has them, and what they say about how
they are done is held against the steps that novaplan proposes for these topologies (``care``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from novaplan.errors import PlanError, Problem
from novaplan.migration import care, storage
from novaplan.migration.care import Note
from novaplan.migration.edits import Value
from novaplan.migration.effort_model import EffortModel, load_effort
from novaplan.migration.invariants import all_invariants
from novaplan.migration.planning import proposed
from novaplan.migration.proof import Breach, Progress, Proof, prove
from novaplan.migration.rollout import Rollout, load_rollout
from novaplan.migration.storage import StoredPlan
from novaplan.migration.world import World
from novaplan.topology.consistency import alone
from novaplan.topology.parts import SYSTEM, kind_of, own_address, parent_of
from novaplan.topology.system import Topology


@dataclass(frozen=True)
class Verification:
    """What came out."""

    plan: StoredPlan
    world: World
    proof: Proof
    notes: tuple[Note, ...] = ()
    """What was edited and makes no state unsafe: for a person to read."""

    @property
    def accepted(self) -> bool:
        """Whether nothing stands against the plan."""
        return self.proof.holds

    @property
    def breaches(self) -> tuple[Breach, ...]:
        """Everything that stands against it, each naming its invariant."""
        return self.proof.breaches

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "format": "novaplan/verification/v1",
            "file": self.plan.file,
            "accepted": self.accepted,
            "steps": len(self.plan.steps),
            **storage.proof_to_dict(self.proof),
            "notes": [{"step": note.step, "message": note.message} for note in self.notes],
        }


def verify(
    plan: str | os.PathLike[str] | StoredPlan,
    current: Topology,
    target: Topology,
    *,
    rollout: Rollout | None = None,
    effort: EffortModel | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Hold ``plan``, a file or what was read from one, against the topologies it says it is for.

    ``rollout`` and ``effort`` hold the assumptions; without them those of ``models/``. Raises ``PlanError`` with file,
    line and field for a plan that is malformed or for other topologies, what ``storage.load`` raises, and InputError
    when target was not made from current.
    """
    stored = plan if isinstance(plan, StoredPlan) else storage.load(plan)
    _require_same(stored, current, target)
    rollout = rollout or load_rollout()
    wanted = proposed(current, target, rollout, effort or load_effort()).steps
    world = World(current, target, stored.steps, rollout)
    _require_parts(stored, world)
    proof = prove(world, all_invariants(), progress=progress)
    careless, notes = care.judge(stored.steps, wanted, rollout)
    return Verification(stored, world, replace(proof, breaches=(*proof.breaches, *careless)), tuple(notes))


def _require_same(stored: StoredPlan, current: Topology, target: Topology) -> None:
    problems = []
    for side, digest, topology in (
        ("current", stored.current_digest, current),
        ("target", stored.target_digest, target),
    ):
        if digest != topology.digest:
            message = f"the plan is for another topology than {topology.name!r} as it is now; plan again"
            problems.append(Problem(message, file=stored.file, field=f"{side}.digest"))
    if problems:
        raise PlanError(problems)


def _require_parts(stored: StoredPlan, world: World) -> None:
    """Fields that are set must neither give a part another address nor make it one that no topology could hold."""
    problems = []
    for own in world.writers:
        step = world.steps[world.nodes[world.writers[own][-1]][0]].id
        for value in world.values(own):
            told = [f"makes {own} one whose {'.'.join(map(str, where))}: {what}" for what, where in alone(value)]
            if kind_of(own) != "fact" and _address(own, value) != own:
                told.append(f"changes what {own} is called; remove it and put it under its new address")
            line = stored.lines[step]
            problems += [Problem(f"{step} {item}", file=stored.file, line=line, field="stages") for item in told]
    if problems:
        raise PlanError(list(dict.fromkeys(problems)))


def _address(own: str, value: Value) -> str:
    return own if own == SYSTEM or isinstance(value, bool) else own_address(kind_of(own), value, parent_of(own))
