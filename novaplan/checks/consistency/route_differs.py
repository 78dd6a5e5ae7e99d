"""The outside reaches the same paths and the same services in both descriptions.

A path that only one of them has answers 404 in the other place; one that leads elsewhere there is answered by a service
that does not know it. Paths are compared without their hosts, which differ from place to place.
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


def against(one: Description, other: Description) -> Iterator[Found]:
    """Paths that only one of the two has, and paths to other services; nothing where one has no paths at all."""
    both = topologies(one, other)
    if both is None:
        return
    here, there = _paths(both[0]), _paths(both[1])
    if not here or not there:
        return
    same = {mine.name: theirs.name for mine, theirs in services(*both)}
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


def _paths(topology: Topology) -> dict[str, Route]:
    return {(route.path or "/").rstrip("/") or "/": route for route in topology.routes if route.path is not None}


def _served(route: Route) -> list[str]:
    return sorted({backend.service for backend in route.backends})


def _place(route: Route) -> Where | None:
    return next((Where(place.file, place.line, place.field) for place in route.declared), None)
