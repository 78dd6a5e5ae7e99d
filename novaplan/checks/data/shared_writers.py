"""A schema, or a database without schemas, is written by one service.

Services that write the same tables cannot be changed, migrated or rolled back without each other, and each can break
what the others rely on without any test of its own failing. A schema whose owner is stated is written by that one; the
services of one group that will merge are told here too, since it speaks for merging them.
Source: shared persistence, https://microservices.io/patterns/data/shared-database.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.topology.wiring import Dependency

SEVERITY = "warning"


def topology(system: System) -> Iterator[Found]:
    """Places that several services write."""
    services = system.topology.service
    writers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for edge in system.topology.dependencies:
        if edge.mode == "writes" and edge.database and not edge.possible and edge.client in services:
            for place in _places(edge):
                writers[edge.server, place].add(edge.client)
    for (server, place), names in sorted(writers.items()):
        if len(names) > 1:
            yield Found(
                server,
                f"{place} is written by {len(names)} services: {', '.join(sorted(names))}",
                "give each a schema of its own, let one own it and serve the others, or merge them",
            )


def _places(edge: Dependency) -> list[str]:
    if not edge.schemas:
        return [f"database {edge.database}"]
    return [f"schema {edge.database}.{name}" for name in edge.schemas]
