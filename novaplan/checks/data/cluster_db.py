"""In a Redis Cluster there is DB 0 alone.

SELECT of any other number is refused there, so a client that names one fails on its first command. Valkey knows more
from its version 9 on.
Source: https://redis.io/docs/latest/commands/select/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.topology.datastore import Cluster

SEVERITY = "error"


def topology(system: System) -> Iterator[Found]:
    """Clients of a cluster that ask for another DB."""
    for edge in system.topology.dependencies:
        store = system.topology.datastore.get(edge.server)
        if store is not None and store.kind == "redis" and isinstance(store.deployment, Cluster) and edge.logical_db:
            yield Found(
                edge.client,
                f"uses DB {edge.logical_db} of {store.name}, a cluster, which has DB 0 alone",
                "use DB 0 with a prefix of its own, or a Redis with Sentinels",
            )
