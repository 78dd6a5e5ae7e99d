"""Every step is prepared: the facts that a step of its kind needs are stated, and steps before it establish them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.migration.proof import Breach
from novaplan.migration.step import Step
from novaplan.migration.steps import Kind, kinds_by_name
from novaplan.migration.world import World

NAME = "prepared"


def judge(world: World) -> Iterator[Breach]:
    """What each step lacks."""
    kinds = kinds_by_name()
    makers: dict[str, list[int]] = defaultdict(list)
    for index, step in enumerate(world.steps):
        for name in step.establishes:
            makers[name].append(world.last[index])
    for index, step in enumerate(world.steps):
        first = world.first(index)
        for name in dict.fromkeys(_needed(kinds.get(step.kind), step, world)):
            if name not in step.requires:
                yield Breach(NAME, step.id, f"does not require {name}, as a step of its kind must", remedy="state it")
        for name in step.requires:
            if not any(world.order.comes_before(maker, first) for maker in makers[name]):
                message = f"requires {name}, and no step before it establishes that"
                yield Breach(NAME, step.id, message, remedy="let it wait for the step that does")


def _needed(kind: Kind | None, step: Step, world: World) -> tuple[str, ...]:
    """What a step of its kind needs. Of an unknown kind, or about nothing that is there, ``step-kinds`` complains."""
    try:
        return kind.requires_of(step, world) if kind is not None else ()
    except (LookupError, ValueError):
        return ()
