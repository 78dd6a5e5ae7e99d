"""No step does too much at once: traffic moves on by at most the largest shift, few components change at once.

Traffic that goes back to where it came from is what a rollback does, and no step of a plan.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.migration.proof import Breach
from novaplan.migration.traffic import owners
from novaplan.migration.world import World
from novaplan.topology.parts import kind_of
from novaplan.topology.wiring import Route

NAME = "blast-radius"


def judge(world: World) -> Iterator[Breach]:
    """What each stage of each step moves, from the state in which it can come at the earliest."""
    for node, (index, _) in enumerate(world.nodes):
        step, before = world.steps[index], world.order.below[node]
        for own in dict.fromkeys(edit.address for edit in world.edits[node] if kind_of(edit.address) == "route"):
            old, new = world.value(own, before), world.value(own, before | 1 << node)
            moved = _moved(old, new) if isinstance(old, Route) and isinstance(new, Route) else 0
            if isinstance(old, Route) and isinstance(new, Route) and _gained(world, new) < _gained(world, old):
                yield Breach(NAME, step.id, f"moves traffic of {own} back", remedy="shift it by growing weights")
            if moved > world.rollout.largest_shift:
                message = f"moves {moved} % of the traffic of {own} at once, {world.rollout.largest_shift} are allowed"
                yield Breach(NAME, step.id, message, amount=moved, remedy="put a weight in between")
    for step in world.steps:
        touched = {name for edit in step.edits for name in owners(world, edit.address)}
        if len(touched) > world.rollout.most_touched:
            message = f"changes {len(touched)} components, {world.rollout.most_touched} are allowed"
            yield Breach(NAME, step.id, message, amount=len(touched), remedy="part it into several")


def _gained(world: World, route: Route) -> int:
    """The share that services have which current does not."""
    return sum(item.weight for item in route.backends if item.service not in world.current.service)


def _moved(old: Route, new: Route) -> int:
    """The share of the traffic that gets another backend."""
    was = {(item.service, item.port): item.weight for item in old.backends}
    return sum(max(0, item.weight - was.get((item.service, item.port), 0)) for item in new.backends)
