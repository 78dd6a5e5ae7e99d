"""A Redis that keeps its data on disk does not throw it away when memory is short.

``allkeys-*`` evicts any key once ``maxmemory`` is reached, without a word to whoever wrote it. With an append-only file
somebody means to keep the data: sessions end, jobs vanish and counters start again, and no restart brings them back.
``noeviction`` refuses writes instead, ``volatile-*`` evicts only keys that expire.
Source: https://redis.io/docs/latest/develop/reference/eviction/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import servers
from novaplan.importers.draft import Draft, Where

SEVERITY = "warning"


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis servers with an append-only file and a policy that evicts any key."""
    told: set[Where] = set()
    for server in servers(draft, "redis-server"):
        stated = {item.name: item for item in server.stated}
        policy, kept = stated.get("maxmemory-policy"), stated.get("appendonly")
        if policy is None or not policy.first.startswith("allkeys-") or kept is None or kept.first.lower() != "yes":
            continue
        if policy.where not in told:
            told.add(policy.where)
            text = f"appendonly keeps every write, and {policy.first} silently drops any key when memory is full"
            remedy = "use noeviction or volatile-lru for what must stay, and a second server for what is only cached"
            yield Found(server.label, text, remedy, policy.where)
