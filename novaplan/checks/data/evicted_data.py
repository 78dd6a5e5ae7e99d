"""What must last is not evicted.

A Redis that is full and may evict any key throws away the least used one, sessions and queues like anything else; that
it also writes its keys to disk shows that somebody wants them to last. For data that must last the policy is
noeviction: writes are then refused when it is full, which somebody notices.
Source: https://redis.io/docs/latest/develop/reference/eviction/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "warning"


def topology(system: System) -> Iterator[Found]:
    """Memory stores that evict any key and yet hold what lasts."""
    if system.imported:
        return  # eviction-policy reads the configuration itself
    for store in system.topology.datastores:
        policy = store.memory.eviction or "noeviction"
        if not policy.startswith("allkeys-"):
            continue
        durable = [str(item.index) for item in store.logical_dbs if item.durable]
        if durable:
            what = f"DB {', '.join(durable)} must last"
        elif store.persistence.append_only:
            what = "every write is logged to disk"
        else:
            continue
        yield Found(
            store.name,
            f"{what}, yet {policy} throws keys away when the memory is full",
            "set maxmemory-policy to noeviction, or keep what may be lost on a server of its own",
            severity="error" if durable else None,
        )
