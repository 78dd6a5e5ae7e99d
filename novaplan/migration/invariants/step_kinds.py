"""Every step does what its kind does: its kind is known, and its phase and its edits are of that kind."""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.errors import nearest
from novaplan.migration.proof import Breach
from novaplan.migration.step import Step
from novaplan.migration.steps import Kind, kinds_by_name
from novaplan.migration.world import World

NAME = "step-kinds"


def judge(world: World) -> Iterator[Breach]:
    """What each step does that is not of its kind."""
    kinds = kinds_by_name()
    for step in world.steps:
        kind = kinds.get(step.kind)
        if kind is None:
            yield Breach(NAME, step.id, f"there is no kind {step.kind!r}{nearest(step.kind, kinds)}", remedy="name one")
            continue
        if not step.id.startswith(f"{step.kind}/") and step.id != step.kind:
            yield Breach(NAME, step.id, f"is of kind {step.kind} and not called so", remedy=f"call it {step.kind}/...")
        if step.phase != kind.phase:
            yield Breach(
                NAME,
                step.id,
                f"is in phase {step.phase}; a step of its kind belongs to {kind.phase}",
                remedy=f"put it into {kind.phase}",
            )
        wrong = _wrong(kind, step, world)
        if wrong:
            yield Breach(NAME, step.id, wrong, remedy="leave that to a step of another kind")


def _wrong(kind: Kind, step: Step, world: World) -> str:
    try:
        return kind.allowed(step, world)
    except (LookupError, ValueError):  # its id names something that neither side has, or too little, or too much
        return f"{step.id} is about nothing that a step of kind {kind.name} can be about"
