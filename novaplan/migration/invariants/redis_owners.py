"""Each logical DB, or prefix of keys in it, has one owner; a cluster has DB 0 alone; what must last is not evicted.

A cluster of Redis knows no other DB (https://redis.io/docs/latest/commands/select/). Owners count as what they become;
a DB that target gives to several may have as many on the way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Budget, Obligation, Shortfall, always
from novaplan.migration.traffic import families, runs, store
from novaplan.migration.world import View, World
from novaplan.topology.datastore import Cluster, LogicalDB
from novaplan.topology.parts import address, label_of, parent_of
from novaplan.topology.wiring import Dependency

REDIS = frozenset({"redis"})
"""Valkey's clusters have more DBs than one, from 9.0."""


def obligations(world: World) -> Iterator[Obligation | Budget]:
    """For each logical DB who uses it, who owns it, whether it may be there and whether it lasts."""
    used: dict[str, set[str]] = defaultdict(set)
    for own in world.universe.get("dependency", ()):
        for edge in cast("list[Dependency]", world.values(own)):
            if edge.logical_db is not None and not edge.possible:
                used[address("logical-db", edge.server, edge.logical_db)].add(own)
    for own in sorted(used):
        yield from _users(world, own, sorted(used[own]))
    for own in world.universe.get("logical-db", ()):
        wanted = world.wanted.get(own)
        most = len(_owners(world, wanted)) if isinstance(wanted, LogicalDB) else 0
        yield Obligation(f"{own} (owner)", partial(_owned, own=own, most=max(1, most)))
        yield Obligation(f"{own} (server)", partial(_kept, own=own))


def _users(world: World, own: str, addresses: list[str]) -> Iterator[Budget]:
    edges = {item: cast("list[Dependency]", world.values(item)) for item in addresses}
    clients: dict[str, set[str]] = defaultdict(set)
    for item, values in edges.items():
        clients[values[0].client].add(item)
    by_family = families(world, clients)
    prefixes = {prefix for values in edges.values() for edge in values for prefix in edge.key_prefixes or ("",)}
    for prefix in sorted(prefixes) if "" not in prefixes else ("",):
        using = {
            heir: tuple(
                item for name in names for item in sorted(clients[name]) if any(_uses(e, prefix) for e in edges[item])
            )
            for heir, names in by_family.items()
        }
        using = {heir: items for heir, items in using.items() if items}
        if len(using) > 1:
            ends = {edge.client for edge in world.target.dependencies
                    if _place(edge) == own and not edge.possible and _uses(edge, prefix)}  # fmt: skip
            terms = tuple(partial(_used, addresses=items, prefix=prefix) for items in using.values())
            subject = f"{own} ({prefix})" if prefix else own
            most = max(1, len(ends))
            yield Budget(subject, terms, always(most), partial(_shared, who=tuple(using)))


def _place(edge: Dependency) -> str:
    return "" if edge.logical_db is None else address("logical-db", edge.server, edge.logical_db)


def _uses(edge: Dependency, prefix: str) -> bool:
    """Whether keys of ``edge`` may start as ``prefix`` does; one that states no prefixes may use any key."""
    return not edge.key_prefixes or any(
        item.startswith(prefix) or prefix.startswith(item) for item in edge.key_prefixes
    )


def _used(view: View, addresses: tuple[str, ...], prefix: str) -> int:
    edges = [view.part(own, Dependency) for own in addresses]
    return int(any(edge is not None and _uses(edge, prefix) and runs(view, edge.client) for edge in edges))


def _shared(_: View, total: int, limit: int, who: tuple[str, ...]) -> Shortfall:
    message = f"{total} of {', '.join(who)} use it, with those that become them; {limit} may"
    return Shortfall(message, total - limit, "give each a logical DB of its own first")


def _owners(world: World, part: LogicalDB) -> set[str]:
    return set(map(world.heir, part.owners))


def _owned(view: View, own: str, most: int) -> Shortfall | None:
    part = view.part(own, LogicalDB)
    owners = _owners(view.world, part) if part is not None else set()
    if len(owners) <= most:
        return None
    message = f"belongs to {len(owners)}, with those that become them: {', '.join(sorted(owners))}"
    return Shortfall(message, len(owners) - most, "give it to one owner first")


def _kept(view: View, own: str) -> Shortfall | None:
    part, server = view.part(own, LogicalDB), store(view, label_of(parent_of(own)), "kind", "deployment", "memory")
    if part is None or server is None:
        return None
    if isinstance(server.deployment, Cluster) and part.index and server.kind in REDIS:
        return Shortfall("a cluster has no DB but 0", 1, "move it to a server of its own, or use Sentinel")
    if part.durable and (server.memory.eviction or "noeviction") != "noeviction":
        message = f"must last, and {server.memory.eviction} may evict it"
        return Shortfall(message, 1, "set maxmemory-policy to noeviction first")
    return None
