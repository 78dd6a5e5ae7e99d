"""Servers and poolers take all connections that old and new may open together, at their most pods and one rollout more.

A client opens pool x processes x pods, where pods is the upper bound of its autoscaling, or its replicas where those
are more, and the pods that a rolling update of it starts before it stops others (``max_surge``). Behind a pooler the
server sees instances x pool size x pairs of user and database, and the clients meet the limit of the pooler. Formulas
and limits are those of ``novaplan.capacity``; a limit that is not known is never broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.capacity.limits import default_limits
from novaplan.capacity.rolling import surged
from novaplan.migration.obligations import Budget, Shortfall
from novaplan.migration.traffic import service, store
from novaplan.migration.world import View, World
from novaplan.topology.datastore import Datastore, Pooler
from novaplan.topology.parts import label_of
from novaplan.topology.wiring import Dependency

Pair = tuple[str, str]
_SIZES = ("replicas", "autoscaling", "rollout", "workload", "processes")


def obligations(world: World) -> Iterator[Budget]:
    """For each server that may have a limit: its connections, those of its pooler, and of each session pool."""
    for own in world.universe.get("datastore", ()):
        stores = cast("list[Datastore]", world.values(own))
        if all(item.connections.max is None and default_limits().server(item.kind) is None for item in stores):
            continue
        name = label_of(own)
        edges = world.dependencies_to.get(name, ())
        pairs: dict[Pair, set[str]] = defaultdict(set)
        for edge in edges:
            for value in cast("list[Dependency]", world.values(edge)):
                pairs[_pair(value)].add(edge)
        opened = tuple(partial(_opened, edge=edge, server=name, pooled=False) for edge in edges)
        pooled = tuple(
            partial(_pooled, pair=pair, edges=tuple(sorted(pairs[pair])), server=name) for pair in sorted(pairs)
        )
        yield Budget(own, (*opened, *pooled), partial(_available, server=name), partial(_short, what="connections"))
        poolers = [item.connections.pooler for item in stores if item.connections.pooler is not None]
        if poolers:
            terms = tuple(partial(_opened, edge=edge, server=name, pooled=True) for edge in edges)
            words = partial(_short, what="clients of the pooler")
            yield Budget(f"{own} (pooler)", terms, partial(_clients, server=name), words)
        for pair in sorted(pairs) if any(item.mode == "session" for item in poolers) else ():
            terms = tuple(
                partial(_opened, edge=edge, server=name, pooled=True, pair=pair) for edge in sorted(pairs[pair])
            )
            words = partial(_short, what=f"sessions of {pair[0]} in {pair[1] or 'no database'}")
            yield Budget(f"{own} (sessions of {' in '.join(pair)})", terms, partial(_sessions, server=name), words)


def _pair(edge: Dependency) -> Pair:
    part = edge.database or ("" if edge.logical_db is None else f"DB {edge.logical_db}")
    return edge.user or edge.client, part


def _pooler(view: View, server: str) -> Pooler | None:
    found = store(view, server, "connections")
    return found.connections.pooler if found is not None else None


def _opened(view: View, edge: str, server: str, pooled: bool, pair: Pair | None = None) -> int:
    """What one dependency opens, where it meets the pooler (``pooled``) or the server itself."""
    if (_pooler(view, server) is not None) != pooled:
        return 0
    found = view.part(edge, Dependency)
    if found is None or found.possible or found.pool is None or (pair is not None and _pair(found) != pair):
        return 0
    client = service(view, found.client, *_SIZES)
    if client is not None:
        return found.pool.max * client.processes * surged(client)
    other = store(view, found.client, "deployment")
    return found.pool.max * other.members if other is not None else 0


def _pooled(view: View, pair: Pair, edges: tuple[str, ...], server: str) -> int:
    pooler = _pooler(view, server)
    if pooler is None:
        return 0
    used = any(_opened(view, edge, server, pooled=True, pair=pair) for edge in edges)
    return pooler.instances * pooler.pool_size if used else 0


def _available(view: View, server: str) -> int | None:
    found = store(view, server, "connections", "deployment", "kind")
    limit = default_limits().limit(found) if found is not None else None
    return None if limit is None or limit.max is None else max(0, limit.max - limit.reserved)


def _clients(view: View, server: str) -> int | None:
    pooler = _pooler(view, server)
    if pooler is None:
        return None
    each = pooler.max_client_connections or default_limits().pooler.max_client_connections
    return pooler.instances * each


def _sessions(view: View, server: str) -> int | None:
    pooler = _pooler(view, server)
    return pooler.instances * pooler.pool_size if pooler is not None and pooler.mode == "session" else None


def _short(_: View, total: int, limit: int, what: str) -> Shortfall:
    remedy = "raise max_connections, add a pooler, or give the clients smaller pools first"
    return Shortfall(f"{total} {what}, {limit} are to be had", total - limit, remedy)
