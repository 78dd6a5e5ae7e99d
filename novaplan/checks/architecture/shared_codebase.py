"""A service is built from code of its own.

Services of one codebase are released together whether they should be or not; each of them carries the others' code, and
a change for one is a deployment of all. They are parts of one service that run apart, which may be wanted where they
scale apart. Evidence for merging; the lines of code are the measure, where they are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.topology.service import Service

SEVERITY = "note"


def topology(system: System) -> Iterator[Found]:
    """Codebases that several services are built from."""
    users: dict[str, list[Service]] = defaultdict(list)
    for service in system.topology.services:
        for codebase in service.codebases:
            users[codebase.name].append(service)
    for name, found in sorted(users.items()):
        if len(found) > 1:
            lines = next((item.lines for service in found for item in service.codebases if item.name == name), None)
            size = f" of {lines} lines" if lines else ""
            yield Found(
                found[0].name,
                f"{len(found)} services are built from the codebase {name}{size}:"
                f" {', '.join(service.name for service in found)}",
                "merge them, or part the code",
            )
