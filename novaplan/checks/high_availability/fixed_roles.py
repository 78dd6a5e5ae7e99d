"""Servers that Sentinels fail over take their role from the Sentinels when they start, not from their position.

A Redis that is started with ``replicaof`` a fixed host, or as the master because its configuration names none, takes
that role again each time it starts: after a failover the old master comes back as a second master that clients of its
name go on writing to, and restarted replicas follow it and drop what the new master has taken since. Sentinels write
the new role into redis.conf, which only helps where that file is writable and kept.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.high_availability._redis import watched
from novaplan.checks.programs import Server
from novaplan.importers.draft import Draft

SEVERITY = "error"
_REMEDY = (
    "ask the Sentinels for the master in the start script, and write replicaof into a copy of the file on the volume"
)


def workloads(draft: Draft) -> Iterator[Found]:
    """Replicas with a fixed master, and masters that only their configuration makes masters."""
    for group in watched(draft):
        for server in group.replicas:
            follow = server.last("slaveof", "replicaof")
            if follow is not None and follow.words and (follow.source == "argument" or _is_fixed(server)):
                fixed = f"{follow.name} {follow.words[0]} is fixed"
                text = f"{fixed}: after a failover every restart makes the old master its master again"
                yield Found(server.label, text, _REMEDY, follow.where)
        masters = [item for item in group.data if item not in group.replicas and not item.scripted]
        for server in masters if group.replicas else ():
            if _is_fixed(server):
                text = (
                    "starts as a master whatever the Sentinels decided: its return after a failover makes two masters"
                )
                yield Found(server.label, text, _REMEDY, server.workload.where)


def _is_fixed(server: Server) -> bool:
    """Nothing that a Sentinel rewrites is read at the next start."""
    return server.config is None or any(
        server.config.path.startswith(item.path) and (item.kind in ("config", "secret") or item.read_only)
        for item in server.container.mounts
    )
