"""How many connections a server has to take while old and new clients are there side by side."""

from __future__ import annotations

from collections.abc import Iterable

from novaplan.capacity.limits import default_limits
from novaplan.capacity.rolling import surged
from novaplan.migration.draft import Draft
from novaplan.topology.base import replace
from novaplan.topology.datastore import Connections, Datastore
from novaplan.topology.wiring import Dependency


def for_both(draft: Draft, goal: Datastore) -> Connections:
    """What ``goal`` has to take until the old clients are gone.

    Behind a pooler the pools are made small enough for every pair of user and database, as long as none falls below
    the least pool of the rollout; a limit that is still too low is raised. What target itself lacks is lacking here
    too: that is target's to mend.
    """
    edges = _edges(draft, goal.name)
    wanted, limit = goal.connections, default_limits().limit(goal)
    clients = sum(_opened(draft, edge) for edge in edges)
    pooler, available = wanted.pooler, None if limit.max is None else max(0, limit.max - limit.reserved)
    needed = clients
    if pooler is not None:
        pairs = len({pair_of(edge) for edge in edges if _opened(draft, edge)})
        each = pooler.instances * pairs
        size = pooler.pool_size
        if available is not None and each * size > available:
            size = max(min(size, draft.rollout.least_pool), available // each)
        needed = each * size
        most = pooler.max_client_connections or default_limits().pooler.max_client_connections
        least = -(-clients // pooler.instances)
        taken = least if least > most else pooler.max_client_connections
        wanted = replace(wanted, pooler=replace(pooler, pool_size=size, max_client_connections=taken))
    if limit.max is None or available is None or needed <= available:
        return wanted
    return replace(wanted, max=needed + limit.reserved)


def _edges(draft: Draft, name: str) -> list[Dependency]:
    """Everybody who may use the server on the way: those of the servers it came from, and those of target."""
    found: dict[tuple[str, ...], Dependency] = {}
    for old in draft.heritage.store_sources.get(name, ()):
        for edge in draft.edges_at_start(old):
            found[edge.key] = edge
    for edge in draft.goal_edges(name):
        if edge.server == name:
            found[edge.key] = edge
    return list(found.values())


def pair_of(edge: Dependency) -> tuple[str, str]:
    """The user and database for which a pooler keeps a pool of its own."""
    part = edge.database or ("" if edge.logical_db is None else f"DB {edge.logical_db}")
    return edge.user or edge.client, part


def _opened(draft: Draft, edge: Dependency) -> int:
    if edge.pool is None or edge.possible:
        return 0
    pods = []
    for side in (draft.current, draft.target):
        service, store = side.service.get(edge.client), side.datastore.get(edge.client)
        pods += [service.processes * surged(service)] if service else []
        pods += [store.members] if store else []
    return edge.pool.max * max(pods, default=0)


def users(edges: Iterable[Dependency]) -> tuple[str, ...]:
    """Roles that edges log in as."""
    return tuple(sorted({edge.user for edge in edges if edge.user is not None}))
