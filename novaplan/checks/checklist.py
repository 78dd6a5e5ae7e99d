"""The checklist of a topology: what a team goes through before it calls a target done, each item with what was seen.

An item holds when nothing that was looked at contradicts it; one about which the topology states nothing says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from novaplan.tables import Table
from novaplan.topology.datastore import Datastore, Managed, Patroni, Sentinel
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

Verdict = Literal["holds", "does not hold", "not stated"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist."""

    name: str
    seen: tuple[str, ...]
    """What was looked at, with its figures."""
    wrong: tuple[str, ...] = ()
    """What contradicts it."""

    @property
    def verdict(self) -> Verdict:
        """Whether it holds."""
        return "does not hold" if self.wrong else "holds" if self.seen else "not stated"


def checklist(topology: Topology) -> tuple[Item, ...]:
    """Every item, in the order in which a system is put together."""
    return tuple(make(topology) for make in _ITEMS)


def checklist_table(items: Sequence[Item], title: str = "Checklist") -> Table:
    """The items with their verdicts."""
    rows = tuple((item.name, item.verdict, "; ".join(item.wrong or item.seen) or "nothing is stated") for item in items)
    return Table(title, ("item", "verdict", "what was seen"), rows)


def checklist_document(items: Sequence[Item]) -> list[dict[str, object]]:
    """The items as JSON."""
    return [
        {"item": item.name, "verdict": item.verdict, "seen": list(item.seen), "wrong": list(item.wrong)}
        for item in items
    ]


def _databases(topology: Topology) -> Item:
    used: dict[str, set[str]] = defaultdict(set)
    wrong = []
    for edge in topology.dependencies:
        if edge.database is not None and edge.client in topology.service:
            used[edge.client].add(f"{edge.server}/{edge.database}")
            store = topology.datastore.get(edge.server)
            if store is not None and store.databases and edge.database not in {item.name for item in store.databases}:
                wrong.append(f"{edge.client} uses {edge.server}/{edge.database}, which is not there")
    return Item("database of each service", _listed(used), _each(wrong))


def _schemas(topology: Topology) -> Item:
    used: dict[str, set[str]] = defaultdict(set)
    writers: dict[str, set[str]] = defaultdict(set)
    for edge in topology.dependencies:
        for schema in edge.schemas:
            used[edge.client].add(f"{edge.database}.{schema}")
            if edge.mode == "writes":
                writers[f"{edge.server}/{edge.database}.{schema}"].add(edge.client)
    wrong = [f"{place} is written by {', '.join(sorted(who))}" for place, who in writers.items() if len(who) > 1]
    return Item("schemas have one writer", _listed(used), _each(wrong))


def _logical_dbs(topology: Topology) -> Item:
    used: dict[str, set[str]] = defaultdict(set)
    users: dict[str, set[str]] = defaultdict(set)
    for edge in topology.dependencies:
        if edge.logical_db is not None:
            used[edge.client].add(f"{edge.server} DB {edge.logical_db}")
            if not edge.key_prefixes:
                users[f"{edge.server} DB {edge.logical_db}"].add(edge.client)
    wrong = [f"{place} is shared by {', '.join(sorted(who))}" for place, who in users.items() if len(who) > 1]
    return Item("Redis DB of each service", _listed(used), _each(wrong))


def _sentinels(topology: Topology) -> Item:
    seen, wrong = [], []
    for store in topology.datastores:
        found = store.deployment
        if isinstance(found, Sentinel):
            voters = found.sentinels
            seen.append(f"{store.name}: {voters} Sentinels over {found.members} members, quorum {found.quorum}")
            if voters < 3 or found.quorum > voters - 1 or found.quorum <= voters // 2:
                wrong.append(f"{store.name}: quorum {found.quorum} of {voters} does not survive the loss of one")
            if found.members < 2:
                wrong.append(f"{store.name}: there is no replica to take over")
    return Item("Redis Sentinel", tuple(seen), tuple(wrong))


def _spread(topology: Topology) -> Item:
    several = [(item.name, item.spread.anti_affinity) for item in _several(topology)]
    seen = [f"{name} {kind}" for name, kind in several if kind != "none"]
    return Item("anti-affinity", tuple(seen), tuple(f"{name} has none" for name, kind in several if kind == "none"))


def _failover(topology: Topology) -> Item:
    seen, single = [], []
    for store in topology.datastores:
        found = store.deployment
        if isinstance(found, Sentinel):
            seen.append(f"{store.name}: Sentinels promote, clients ask them for the master")
        elif isinstance(found, Patroni):
            where = "etcd" if found.etcd else "the Kubernetes API"
            behind = ", clients reach it through the pooler" if store.connections.pooler else ""
            seen.append(f"{store.name}: Patroni promotes by a lease in {where}{behind}")
        elif store.highly_available:
            seen.append(f"{store.name}: its members take over from each other")
        elif not isinstance(found, Managed):
            single.append(store.name)
    told = [f"nobody takes over from {', '.join(sorted(single))}"] if single and seen else []
    return Item("path of a failover", (*seen, *told))


def _budgets(topology: Topology) -> Item:
    seen, wrong = [], []
    for item in _several(topology):
        budget = item.disruption_budget
        if budget is None:
            wrong.append(f"{item.name} has none")
        elif budget.min_available is not None:
            count = _count(item)
            seen.append(f"{item.name} at least {budget.min_available} of {count}")
            if isinstance(budget.min_available, int) and budget.min_available >= count:
                wrong.append(f"{item.name} lets no node be drained")
        else:
            seen.append(f"{item.name} at most {budget.max_unavailable} away")
    return Item("disruption budgets", tuple(seen), tuple(wrong))


def _isolation(topology: Topology) -> Item:
    seen, wrong = [], []
    for service in topology.services:
        lacking = [
            container.name
            for container in service.containers
            if container.kind != "init"
            and (container.resources.requests.memory is None or container.resources.limits.memory is None)
        ]
        if lacking:
            wrong.append(f"{service.name}: {', '.join(lacking)} without a memory request and limit")
        elif service.containers:
            seen.append(service.name)
    for edge in topology.dependencies:
        server = topology.datastore.get(edge.server)
        if (
            edge.pool is None
            and edge.database is not None
            and server is not None
            and server.kind in ("postgres", "mysql")
        ):
            wrong.append(f"{edge.client} states no pool for {edge.server}/{edge.database}")
    named = [f"requests, limits and pools of their own: {', '.join(seen)}"] if seen else []
    return Item("isolation of resources", tuple(named), _each(wrong))


_ITEMS: Final[tuple[Callable[[Topology], Item], ...]] = (
    _databases,
    _schemas,
    _logical_dbs,
    _sentinels,
    _spread,
    _failover,
    _budgets,
    _isolation,
)


def _several(topology: Topology) -> Iterator[Service | Datastore]:
    """What runs more than one pod."""
    yield from (item for item in topology.services if _count(item) > 1)
    yield from (item for item in topology.datastores if _count(item) > 1)


def _count(item: Service | Datastore) -> int:
    if isinstance(item, Datastore):
        return item.members
    return max(item.replicas, item.autoscaling.min if item.autoscaling else 0)


def _listed(found: dict[str, set[str]]) -> tuple[str, ...]:
    return tuple(f"{name}: {', '.join(sorted(places))}" for name, places in sorted(found.items()))


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
