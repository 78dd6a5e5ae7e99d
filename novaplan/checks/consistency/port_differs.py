"""A service listens on the same port and answers its health check at the same path in both descriptions.

The program is the same in both places, so where they disagree one of them is wrong: clients or probes there ask what
nobody answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.consistency._pairs import services, short, topologies
from novaplan.checks.found import Found
from novaplan.checks.reading import Description
from novaplan.topology.service import Probe, Service

SEVERITY = "warning"

_REQUEST = re.compile(r"\bGET[ ]+(/[^\s'\"\\]*)|https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(/[^\s'\"|;]*)?")


def against(one: Description, other: Description) -> Iterator[Found]:
    """Ports without one in common, and paths of health checks that only one of the two asks."""
    both = topologies(one, other)
    if both is None:
        return
    for mine, theirs in services(*both):
        here, there = _ports(mine), _ports(theirs)
        if here and there and here.isdisjoint(there):
            yield Found(
                mine.name,
                f"listens on {_listed(here)} in {short(one)} and on {_listed(there)} in {short(other)}",
                "write the port that the program listens on in both",
                one.places.get(mine.name),
            )
        paths, others = _paths(mine), _paths(theirs)
        if paths and others and paths.isdisjoint(others):
            yield Found(
                mine.name,
                f"is asked for its health at {_listed(paths)} in {short(one)}, and at {_listed(others)} in "
                f"{short(other)}",
                "ask the path that the program answers in both",
                one.places.get(mine.name),
            )


def _ports(service: Service) -> set[int]:
    found = {port.listens_on for port in service.ports if port.protocol != "metrics"}
    for container in service.containers:
        for variable in container.env:
            if variable.name in ("PORT", "APP_PORT", "HTTP_PORT", "SERVER_PORT") and (variable.value or "").isdecimal():
                found.add(int((variable.value or "0")[:6]))
    return found


def _paths(service: Service) -> set[str]:
    probes = service.main.probes if service.main else None
    listed = (probes.startup, probes.readiness, probes.liveness) if probes else ()
    return {path.rstrip("/") or "/" for probe in listed if probe and (path := _path(probe))}


def _path(probe: Probe) -> str | None:
    if probe.type == "http":
        return probe.path
    match = _REQUEST.search(" ".join(probe.command))
    return (match[1] or match[2]) if match else None


def _listed(items: set[int] | set[str]) -> str:
    return ", ".join(sorted(map(str, items)))
