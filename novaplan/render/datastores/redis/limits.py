"""What no configuration of Redis can make work, and what works with a risk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.errors import InputError, Problem, nearest
from novaplan.quantity import format_bytes, format_milliseconds
from novaplan.render.datastores.redis.shape import Shape
from novaplan.render.endpoints import SENTINEL_PORT

EVICTIONS: Final = (
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
)
"""What Redis 7 knows as ``maxmemory-policy`` (redis.conf)."""
MOST_DATABASES: Final = 100_000
"""Redis keeps tables for each logical DB; nobody means more."""
FORK_FACTOR: Final = 2
"""While Redis forks for a snapshot, an append-only file or a new replica, every page that is written meanwhile exists
twice: at worst all of them (https://redis.io/docs/latest/develop/get-started/faq/, background saving)."""


class RedisError(InputError):
    """A Redis that could not run as its topology says."""


def check(shape: Shape) -> None:
    """Raises RedisError for what Redis or Kubernetes would refuse, or what would be killed when it fills up."""
    problems = [
        Problem(message, field=f"datastores.{shape.name}.{field}")
        for field, message in (*_server(shape), *_sentinels(shape))
    ]
    if problems:
        raise RedisError(problems)


def _server(shape: Shape) -> Iterator[tuple[str, str]]:
    store = shape.datastore
    eviction, limit = store.memory.eviction, store.resources.limits.memory
    if eviction is not None and eviction not in EVICTIONS:
        yield "memory.eviction", f"Redis has no policy {eviction}{nearest(eviction, EVICTIONS)}"
    if store.memory.max is not None and limit is not None and store.memory.max >= limit:
        yield (
            "memory.max",
            f"{format_bytes(store.memory.max)} of data do not fit a memory limit of {format_bytes(limit)}: the server"
            " would be killed before it is full; raise resources.limits.memory to twice the data or lower memory.max",
        )
    if databases(shape) > MOST_DATABASES:
        yield "logical_dbs", f"{databases(shape)} logical DBs are more than Redis can keep; number them from 0"
    if store.connections.pooler is not None:
        yield "connections.pooler", "there is no pooler for Redis; leave it out"


def _sentinels(shape: Shape) -> Iterator[tuple[str, str]]:
    sentinel = shape.sentinel
    if sentinel is None:
        return
    if not shape.separate and sentinel.sentinels != sentinel.members:
        yield (
            "deployment.sentinels",
            f"{sentinel.sentinels} Sentinels cannot stand beside {sentinel.members} members: the pods of a StatefulSet"
            f" are alike; say sentinels: {sentinel.members}, or placement: separate",
        )
    if not shape.separate and shape.port == SENTINEL_PORT:
        yield (
            "port",
            f"{SENTINEL_PORT} is the port of the Sentinel in the same pod; choose another, or placement: separate",
        )
    for field in ("down_after", "failover_timeout"):
        if getattr(sentinel, field) == 0:
            yield f"deployment.{field}", "a Sentinel does not start with 0; 5s is a usual value"


def warnings(shape: Shape) -> Iterator[str]:
    """What works, with a risk that somebody should know of."""
    store, sentinel = shape.datastore, shape.sentinel
    most, limit = store.memory.max, store.resources.limits.memory
    forks = shape.persistent or sentinel is not None
    if limit is not None and not most:
        yield f"{shape.name}: no memory.max, so Redis is killed when its data reach the memory limit"
    elif limit is not None and most is not None and forks and most * FORK_FACTOR > limit:
        yield (
            f"{shape.name}: {format_bytes(most)} of data leave no head-room for a fork in {format_bytes(limit)};"
            f" at worst it takes {format_bytes(most * FORK_FACTOR)}"
        )
    if shape.persistent and store.storage is None:
        yield f"{shape.name}: no storage is stated, so what it writes to disk is gone when its pod is deleted"
    if sentinel is None:
        return
    if sentinel.min_replicas_to_write and sentinel.min_replicas_max_lag > sentinel.down_after:
        lag, down = format_milliseconds(sentinel.min_replicas_max_lag), format_milliseconds(sentinel.down_after)
        yield f"{shape.name}: a master that is cut off takes writes for {lag}, and they are lost; Sentinels wait {down}"
    if sentinel.min_replicas_to_write >= sentinel.members:
        wanted, replicas = sentinel.min_replicas_to_write, sentinel.members - 1
        yield f"{shape.name}: nothing can ever be written: that takes {wanted} replicas, and there are {replicas}"


def databases(shape: Shape) -> int:
    """How many logical DBs the server needs: Redis's own 16 (redis.conf), or as many as somebody uses."""
    used = {item.index for item in shape.datastore.logical_dbs}
    used |= {edge.logical_db for edge in shape.context.edges_to.get(shape.name, ()) if edge.logical_db is not None}
    return max(16, max(used, default=0) + 1)
