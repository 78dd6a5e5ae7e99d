"""A service does something of its own.

A wrapper is a layer over another service: little code, and what it answers the other one knows. It adds a hop, a
deployment and a failure to every call and keeps nothing apart. Told where the topology says so (``role: wrapper``), or
where the measures do: it serves, uses the same database as another service, and has less than a tenth of its code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.topology.service import Service

SEVERITY = "note"
SMALL = 10
"""As many times the code the other service has at least."""


def topology(system: System) -> Iterator[Found]:
    """Services that wrap another one."""
    places: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for edge in system.topology.dependencies:
        if edge.database and not edge.possible:
            places[edge.client].add((edge.server, edge.database))
    for service in system.topology.services:
        host = _wrapped(system, service, places)
        if host is not None:
            sizes = f"{_lines(service)} lines beside {_lines(host)}" if _lines(service) and _lines(host) else ""
            shared = ", ".join(sorted(f"{store}/{name}" for store, name in places[service.name] & places[host.name]))
            measures = [text for text in (sizes, f"both use {shared}" if shared else "") if text]
            told = f": {'; '.join(measures)}" if measures else ""
            yield Found(service.name, f"is a thin layer over {host.name}{told}", f"merge it into {host.name}")
        elif service.role == "wrapper":
            yield Found(service.name, "is said to be a thin layer over others", "merge it into what it wraps")


def _wrapped(system: System, service: Service, places: dict[str, set[tuple[str, str]]]) -> Service | None:
    lines = _lines(service)
    known = [
        other
        for other in system.topology.services
        if other.name != service.name
        and service.ports
        and places[service.name] & places[other.name]
        and lines
        and _lines(other) >= SMALL * lines
        and not {item.name for item in service.codebases} & {item.name for item in other.codebases}
    ]
    return max(known, key=lambda other: (_lines(other), other.name), default=None)


def _lines(service: Service) -> int:
    return sum(item.lines or 0 for item in service.codebases)
