"""Every service is reached by somebody: a route, a caller, a topic.

A service that serves and that nobody can reach does nothing but cost. Either its caller is missing here, or the route
to it was forgotten. Asked of topologies alone: manifests and compose files do not say everything that calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "note"
_SERVING = frozenset({"http", "https", "grpc", "websocket", "rtmp"})


def topology(system: System) -> Iterator[Found]:
    """Services with ports that no route, no caller and no topic leads to."""
    if system.imported:
        return
    reached = {edge.server for edge in system.topology.dependencies}
    reached |= {backend.service for route in system.topology.routes for backend in route.backends}
    reached |= {edge.client for edge in system.topology.dependencies if edge.mode == "consumes"}
    for service in system.topology.services:
        serves = any(port.protocol in _SERVING for port in service.ports)
        if serves and service.name not in reached and service.role not in ("gateway", "infrastructure"):
            yield Found(
                service.name,
                "serves, and no route, no caller and no topic leads to it",
                "route to it, declare who calls it, or remove it",
            )
