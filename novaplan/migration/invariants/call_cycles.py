"""No circle of synchronous calls that neither side has: a service that waits for itself through others stops with them.

Services count by their heirs, so a circle of current may live on among those that replace it, and what becomes one
service on target may close a circle there. What calls pass through an old service and its heir back and forth is new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial

from novaplan.migration.cycles import components
from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.world import View, World
from novaplan.topology.parts import address, path_of
from novaplan.topology.wiring import Dependency


def obligations(world: World) -> Iterator[Obligation]:
    """One for each circle that some mixture of all calls would close."""
    edges = [edge for own in world.universe.get("dependency", ()) for edge in world.values(own)]
    ever = _calls(world, (edge for edge in edges if isinstance(edge, Dependency)))
    sides = (components(_calls(world, side.dependencies)) for side in (world.current, world.target))
    known = tuple(frozenset(map(world.heir, circle)) for side in sides for circle in side)
    within = {
        name: {other for other in others if world.heir(other) == world.heir(name)} for name, others in ever.items()
    }
    for circle in dict.fromkeys((*components(ever), *components(within))):
        if not _was_there(world, circle, known):
            yield Obligation(f"circle of {', '.join(circle)}", partial(_circle, names=circle, known=known))


def _calls(world: World, edges: Iterable[Dependency]) -> dict[str, set[str]]:
    services = {path_of(own) for own in world.universe.get("service", ())}
    found: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.mode == "calls" and not edge.possible and edge.client in services and edge.server in services:
            found[edge.client].add(edge.server)
    return found


def _circle(view: View, names: tuple[str, ...], known: tuple[frozenset[str], ...]) -> Shortfall | None:
    inside = frozenset(names)
    edges = {
        name: {
            edge.server
            for edge in view.dependencies_of(name)
            if edge.mode == "calls" and not edge.possible and edge.server in inside
        }
        for name in names
        if view.has(address("service", name))
    }
    new = [circle for circle in components(edges) if not _was_there(view.world, circle, known)]
    if not new:
        return None
    message = f"call each other in a circle: {'; '.join(', '.join(circle) for circle in new)}"
    return Shortfall(message, sum(map(len, new)), "point the calls at the heir only after it has stopped calling back")


def _was_there(world: World, circle: tuple[str, ...], known: tuple[frozenset[str], ...]) -> bool:
    image = frozenset(map(world.heir, circle))
    return any(image <= item and (len(image) > 1 or image == item) for item in known)
