"""A logical DB of Redis belongs to one service, or its keys are told apart by prefix.

In one DB everybody's keys share one name space: two services that use the same name overwrite each other, FLUSHDB
empties both, and one that fills the memory evicts the other's keys. A logical DB is no wall either, it is only a
numbered name space; it does keep names and FLUSHDB apart.
Source: https://redis.io/docs/latest/commands/select/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.topology.wiring import Dependency

SEVERITY = "warning"


def topology(system: System) -> Iterator[Found]:
    """Logical DBs whose clients may use the same keys."""
    clients: dict[tuple[str, int], dict[str, list[Dependency]]] = defaultdict(lambda: defaultdict(list))
    for edge in system.topology.dependencies:
        if edge.logical_db is not None and not edge.possible:
            clients[edge.server, edge.logical_db][edge.client].append(edge)
    for (server, index), found in sorted(clients.items()):
        sharing = sorted(name for name in found if _collides(name, found))
        if len(sharing) > 1:
            yield Found(
                server,
                f"logical DB {index} is used by {len(sharing)} services: {', '.join(sharing)}; their keys can collide",
                "give each a DB of its own, or state the prefixes of their keys",
            )


def _collides(name: str, found: dict[str, list[Dependency]]) -> bool:
    mine = _prefixes(found[name])
    return any(
        one.startswith(two) or two.startswith(one)
        for other, edges in found.items()
        if other != name
        for one in mine
        for two in _prefixes(edges)
    )


def _prefixes(edges: list[Dependency]) -> set[str]:
    return {prefix for edge in edges for prefix in edge.key_prefixes or ("",)}
