"""A master that Sentinels may replace stops taking writes when it is cut off.

A master that loses its network goes on taking writes from the clients beside it, while the others elect a new one; when
it returns it becomes a replica and those writes are gone. ``min-replicas-to-write 1`` with ``min-replicas-max-lag``
bounds the loss.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ (example 2)
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.high_availability._redis import watched
from novaplan.importers.draft import Draft

SEVERITY = "note"


def workloads(draft: Draft) -> Iterator[Found]:
    """Groups none of whose servers sets it."""
    for group in watched(draft):
        known = [item for item in group.data if item.seeds or not item.scripted]
        names = {one.name for item in known for one in item.stated}
        if len(known) == len(group.data) and not names & {"min-replicas-to-write", "min-slaves-to-write"}:
            server = known[0]
            yield Found(
                server.label,
                "sets no min-replicas-to-write: a master that is cut off goes on taking writes, which are lost",
                "set min-replicas-to-write 1 and min-replicas-max-lag 10 on every server",
                server.config.where if server.config else server.workload.where,
            )
