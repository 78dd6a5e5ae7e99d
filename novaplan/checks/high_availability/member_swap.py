"""Redis servers that take over from each other have the same passwords and the same kind of storage.

After a failover the old master follows the new one: it needs ``masterauth`` for that, although a master uses none, and
the promoted replica needs ``requirepass``, or clients find an open server. A server without a volume comes back empty,
and an empty master empties its replicas.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/replication/ and
https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ (Sentinel and Redis authentication)
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.high_availability._redis import watched
from novaplan.checks.programs import Server
from novaplan.importers.draft import Draft

SEVERITY = "error"


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis servers of which some have what others lack."""
    for group in watched(draft):
        known = [item for item in group.data if not item.scripted]
        if any(item.last("requirepass") for item in known) and (len(known) > 1 or group.count > 1):
            for server in known:
                yield from _passwords(server)
        kept = [item for item in known if _is_kept(item)]
        for server in known:
            if kept and server not in kept:
                text = "has no volume while others have one: as a master it comes back empty, and empties its replicas"
                yield Found(server.label, text, "give every server a volume for its dir", server.workload.where)


def _passwords(server: Server) -> Iterator[Found]:
    stated = server.last("requirepass", "masterauth")
    where = stated.where if stated is not None else server.workload.where
    if server.last("masterauth") is None:
        text = "has no masterauth: once another server is master, it cannot log in there and never catches up"
        yield Found(server.label, text, "set masterauth to the same password on every server", where)
    if server.last("requirepass") is None:
        text = "has no requirepass while others have: promoted, it lets everybody in, and refuses clients that log in"
        yield Found(server.label, text, "set requirepass to the same password on every server", where)


def _is_kept(server: Server) -> bool:
    return any(item.kind in ("claim", "host") for item in server.container.mounts)
