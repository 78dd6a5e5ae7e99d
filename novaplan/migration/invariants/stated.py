"""Every step says what to do, how to see that it worked, how to undo it, and what must be so before."""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.migration.proof import Breach
from novaplan.migration.step import Step
from novaplan.migration.world import World

NAME = "stated"


def judge(world: World) -> Iterator[Breach]:
    """What is left blank."""
    for step in world.steps:
        for blank in _blanks(step):
            yield Breach(NAME, step.id, f"does not say {blank}", remedy="fill it in")


def _blanks(step: Step) -> Iterator[str]:
    if not step.title.strip():
        yield "what it does"
    if not any(action.says.strip() for action in step.actions):
        yield "how it is done"
    if not step.gates or any(not gate.query.strip() or not gate.threshold.strip() for gate in step.gates):
        yield "what is measured afterwards, and what it must be"
    if step.reversible and not any(action.says.strip() for action in step.rollback):
        yield "how it is undone"
    if len([text for text in step.preconditions if text.strip()]) < len(step.requires):
        yield "each of its preconditions in words"
