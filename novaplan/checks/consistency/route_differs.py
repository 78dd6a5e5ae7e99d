"""The outside reaches the same paths and the same services in both descriptions.

A path that only one of them has answers 404 in the other place; one that leads elsewhere there is answered by a service
that does not know it. Paths are compared without their hosts, which differ from place to place. A service that only one
of them publishes is a note: on a developer's machine that may be meant for looking into it.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.consistency._pairs import services, short, stem, topologies
from novaplan.checks.found import Found
from novaplan.checks.reading import Description
from novaplan.importers.draft import Where
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Route

SEVERITY = "warning"
Pair = tuple[Topology, Topology]


def against(one: Description, other: Description) -> Iterator[Found]:
    """Paths that only one of the two has, and paths to other services; nothing where one has no paths at all."""
    both = topologies(one, other)
    if both is None:
        return
    here, there = _paths(both[0]), _paths(both[1])
    same = {mine.name: theirs.name for mine, theirs in services(*both)}
    yield from _shut_in(one, other, both, same)
    if not here or not there:
        return
    for path in sorted(there.keys() - here.keys()):
        served = ", ".join(_served(there[path]))
        yield Found(
            f"Route {path}",
            f"leads to {served} in {short(other)}, and nothing in {short(one)} serves it",
            f"add the path to {short(one)}, or take it out of {short(other)}",
            _place(there[path]),
        )
    for path in sorted(here.keys() - there.keys()):
        yield Found(
            f"Route {path}",
            f"is served in {short(one)} and not in {short(other)}",
            f"add the path to {short(other)}, or take it out",
            _place(here[path]),
            "note",
        )
    for path in sorted(here.keys() & there.keys()):
        mine, theirs = _served(here[path]), _served(there[path])
        if {stem(same.get(name, name)) for name in mine} != {stem(name) for name in theirs}:
            yield Found(
                f"Route {path}",
                f"leads to {', '.join(mine)} in {short(one)} and to {', '.join(theirs)} in {short(other)}",
                "let it lead to one service in both",
                _place(here[path]),
            )


def _shut_in(one: Description, other: Description, both: Pair, same: dict[str, str]) -> Iterator[Found]:
    """Services that nobody outside reaches in ``one``, although something there is reached."""
    reached, published = (_reached(topology) for topology in both)
    for mine, theirs in sorted(same.items()) if reached else ():
        if theirs in published and mine not in reached:
            yield Found(
                mine,
                f"is reached from outside in {short(other)}, and nothing in {short(one)} leads there",
                f"add a route to it in {short(one)}, or stop publishing it in {short(other)}",
                one.places.get(mine),
                "note",
            )


def _reached(topology: Topology) -> set[str]:
    routed = {name for route in topology.routes for name in _served(route)}
    return routed | {item.name for item in topology.services if any(port.published for port in item.ports)}


def _paths(topology: Topology) -> dict[str, Route]:
    return {(route.path or "/").rstrip("/") or "/": route for route in topology.routes if route.path is not None}


def _served(route: Route) -> list[str]:
    return sorted({backend.service for backend in route.backends})


def _place(route: Route) -> Where | None:
    return next((Where(place.file, place.line, place.field) for place in route.declared), None)
