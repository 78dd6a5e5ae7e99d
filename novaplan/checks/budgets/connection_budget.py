"""A server takes all the connections that its clients may open.

Each pod of a client keeps its own pools, so connections grow with the autoscaler and double while a rollout runs. When
the server has no connection left it refuses the next client: new pods never become ready, and old ones fail whenever
they have to reconnect. Past the limit with the pods there are now it is an error; past it only when autoscaled, or in
the midst of a rollout, a warning. A server that states no limit takes its default (models/connections.yaml).
Source: https://www.postgresql.org/docs/current/runtime-config-connection.html
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.capacity.connections import ServerConnections, arithmetic, connections
from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "error"
_WHEN = {
    "minimum": "with the fewest pods",
    "current": "with the pods there are",
    "maximum": "when autoscaling has added all it may",
    "rolling_update": "while its clients are rolled out at their most pods",
}


def topology(system: System) -> Iterator[Found]:
    """Servers whose clients may open more than they take."""
    for found in connections(system.topology):
        when = found.breaks_at
        if when is not None:
            yield Found(
                found.server,
                f"runs out of connections {_WHEN[when]}: {arithmetic(found, when)}",
                _remedy(found),
                severity="error" if when in ("minimum", "current") else "warning",
            )


def _remedy(found: ServerConnections) -> str:
    worst = max(found.missing(when) for when in found.connections)
    limit = found.limit.setting
    pooler = "" if found.pooled else ", or put a pooler before it"
    return f"raise {limit} by {worst}, enough for a rollout at the most pods, or make the pools smaller{pooler}"
