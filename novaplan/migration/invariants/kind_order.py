"""Steps follow their kinds: none waits for a step of a kind that comes later.

Each kind has its place among the kinds: what is read before what is built, what is new before what moves, data before
traffic, what can be undone before what cannot. The order between steps may be looser than that and never against it.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.migration.proof import Breach
from novaplan.migration.steps import kinds_by_name
from novaplan.migration.world import World

NAME = "kind-order"


def judge(world: World) -> Iterator[Breach]:
    """What each step waits for although it should come before that."""
    kinds = kinds_by_name()
    for step in world.steps:
        for name in step.after:
            before = world.steps[world.position[name]]
            if step.kind in kinds and before.kind in kinds and kinds[before.kind].order > kinds[step.kind].order:
                message = f"waits for {name}, and a step of kind {before.kind} comes later"
                yield Breach(NAME, step.id, message, remedy="let that one wait for this")
