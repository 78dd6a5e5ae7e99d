"""Nothing is deleted while it runs: a service is scaled to zero first, from which it can be started again at once."""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.migration.proof import Breach
from novaplan.migration.world import World
from novaplan.topology.parts import kind_of
from novaplan.topology.service import Service

NAME = "stopped"


def judge(world: World) -> Iterator[Breach]:
    """Services that a step takes away with their pods."""
    for node, (index, _) in enumerate(world.nodes):
        before = world.order.below[node]
        for edit in world.edits[node]:
            part = world.value(edit.address, before) if edit.removes and kind_of(edit.address) == "service" else None
            if isinstance(part, Service) and part.replicas:
                message = f"deletes {part.name}, which runs {part.replicas} pods"
                yield Breach(
                    NAME, world.steps[index].id, message, amount=part.replicas, remedy="scale it to zero first"
                )
