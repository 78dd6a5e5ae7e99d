"""The way back stays open: what cannot be undone belongs to the last phase and comes after the new side has baked.

That a step which can be undone is undone by its rollback, the third theorem says. A point of no return waits until
every service of target that has to do with what it changes has carried all traffic for a while.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.migration.proof import Breach
from novaplan.migration.traffic import concerned
from novaplan.migration.world import World

NAME = "rollback"
BAKED = "baked/"


def judge(world: World) -> Iterator[Breach]:
    """What stands against each point of no return."""
    baking = {
        fact.removeprefix(BAKED): world.last[index]
        for index, step in enumerate(world.steps)
        for fact in step.establishes
        if fact.startswith(BAKED)
    }
    for index, step in enumerate(world.steps):
        if step.reversible:
            continue
        if step.phase != "contract":
            yield Breach(NAME, step.id, f"cannot be undone, and is in phase {step.phase}", remedy="move it to contract")
        if not step.undone_until.strip():
            yield Breach(NAME, step.id, "cannot be undone, and does not say until when", remedy="state undone_until")
        first = world.first(index)
        early = [
            name for name in concerned(world, step) & baking.keys() if not world.order.comes_before(baking[name], first)
        ]
        if early:
            message = f"cannot be undone, and does not wait until {', '.join(sorted(early))} has baked"
            yield Breach(NAME, step.id, message, remedy="let it wait until the new side has proved itself")
