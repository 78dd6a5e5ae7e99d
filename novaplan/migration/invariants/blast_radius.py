"""No step does too much at once: traffic moves on by at most the largest shift, few components change at once.

A route passes through every weight of the rollout in turn; a plain port, which nothing can share, moves in one go.
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
            if isinstance(old, Route) and isinstance(new, Route):
                yield from (Breach(NAME, step.id, told, remedy=remedy) for told, remedy in _wrong(world, own, old, new))
    for step in world.steps:
        touched = {name for edit in step.edits for name in owners(world, edit.address)}
        if len(touched) > world.rollout.most_touched:
            message = f"changes {len(touched)} components, {world.rollout.most_touched} are allowed"
            yield Breach(NAME, step.id, message, amount=len(touched), remedy="part it into several")


def _wrong(world: World, own: str, old: Route, new: Route) -> Iterator[tuple[str, str]]:
    """What is wrong with how a stage changes a route."""
    before, after, moved = _gained(world, own, old), _gained(world, own, new), _moved(old, new)
    if after < before:
        yield f"moves traffic of {own} back", "shift it by growing weights"
    elif new.path is None:
        return
    elif after > _next(world, before):
        yield f"gives {after} % of {own} to the new side, {_next(world, before)} come first", "put a weight in between"
    if moved > world.rollout.largest_shift:
        yield (
            f"moves {moved} % of the traffic of {own} at once, {world.rollout.largest_shift} are allowed",
            "put a weight in between",
        )


def _gained(world: World, own: str, route: Route) -> int:
    """The share of services that do not serve the route in current."""
    olds = {
        item.service
        for old in world.came_from.get(own, ())
        if isinstance(part := world.start.get(old), Route)
        for item in part.backends
    }
    return sum(item.weight for item in route.backends if item.service not in olds)


def _next(world: World, weight: int) -> int:
    return min((item for item in world.rollout.weights if item > weight), default=100)


def _moved(old: Route, new: Route) -> int:
    """The share of the traffic that gets another backend."""
    was = {(item.service, item.port): item.weight for item in old.backends}
    return sum(max(0, item.weight - was.get((item.service, item.port), 0)) for item in new.backends)
