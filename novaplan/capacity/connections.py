"""Whether the servers take all the connections that their clients may open.

A client opens pool x processes x pods connections: at the lower bounds of its autoscaling, as stated, at the upper
bounds, and while every client is rolled out at its upper bound, which is the most there can be. A server takes its
limit less what is reserved. Behind a pooler the server sees instances x pool size x pairs of user and database, and the
clients meet the limit of the pooler. Dependencies without a pool are named, those that are only possible stand apart.

All members of a server are taken to be reached through one of them: whoever fails over finds all clients there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from novaplan.capacity.clients import WHEN, Client, Moments, Pooled, When, client_of, pair_of, pooled_of
from novaplan.capacity.limits import ConnectionDefaults, ServerLimit, default_limits
from novaplan.topology.datastore import Datastore
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

Verdict = Literal["holds", "does not hold", "cannot be known"]


@dataclass(frozen=True, slots=True)
class ServerConnections:
    """One server and everything its clients may open."""

    server: str
    kind: str
    limit: ServerLimit
    clients: tuple[Client, ...]
    """Of every dependency, those that are only possible included."""
    pooled: Pooled | None = None

    @property
    def counted(self) -> tuple[Client, ...]:
        """Clients whose connections are in the sums."""
        return tuple(item for item in self.clients if not item.possible and item.known)

    @property
    def unknown(self) -> tuple[Client, ...]:
        """Clients that are sure and cannot be counted: no pool is stated, or somebody else runs them."""
        return tuple(item for item in self.clients if not item.possible and not item.known)

    @property
    def possible(self) -> tuple[Client, ...]:
        """Clients that may not use the server at all."""
        return tuple(item for item in self.clients if item.possible)

    @property
    def connections(self) -> Moments:
        """What the clients open at most: to the pooler where there is one, or else to the server."""
        return {when: sum(item.connections[when] for item in self.counted) for when in WHEN}

    @property
    def available(self) -> int | None:
        """What the server leaves to clients; None where its limit is not known."""
        return None if self.limit.max is None else max(0, self.limit.max - self.limit.reserved)

    @property
    def verdicts(self) -> dict[When, Verdict]:
        """Whether it all fits, at each count of pods."""
        return {when: self._verdict(when) for when in WHEN}

    @property
    def verdict(self) -> Verdict:
        """Whether it all fits at every time."""
        found = set(self.verdicts.values())
        return next(item for item in ("does not hold", "cannot be known", "holds") if item in found)

    @property
    def breaks_at(self) -> When | None:
        """The smallest count of pods at which it does not fit."""
        return next((when for when, found in self.verdicts.items() if found == "does not hold"), None)

    def _verdict(self, when: When) -> Verdict:
        if any(True for _ in obstacles(self, when)):
            return "does not hold"
        return "cannot be known" if self.available is None or self.unknown else "holds"

    def missing(self, when: When) -> int:
        """How many connections more the server, or the pooler before it, would have to take at ``when``."""
        wanted, pooled = self.connections[when], self.pooled
        opened = wanted if pooled is None else pooled.server_connections
        to_server = 0 if self.available is None else opened - self.available
        return max(0, to_server, 0 if pooled is None else wanted - pooled.client_limit)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "server": self.server,
            "kind": self.kind,
            "verdict": self.verdict,
            "breaks_at": self.breaks_at,
            "verdicts": self.verdicts,
            "setting": self.limit.setting,
            "max_connections": self.limit.max,
            "reserved": self.limit.reserved,
            "available": self.available,
            "limit_source": self.limit.source,
            "connections": self.connections,
            "pooler": self.pooled.to_dict() if self.pooled else None,
            "clients": [item.to_dict() for item in self.counted],
            "unknown": [item.to_dict() for item in self.unknown],
            "possible": [item.to_dict() for item in self.possible],
            "arithmetic": {when: arithmetic(self, when) for when in WHEN},
        }


def connections(topology: Topology, defaults: ConnectionDefaults | None = None) -> tuple[ServerConnections, ...]:
    """Every PostgreSQL, MySQL and Redis server of ``topology``, and every other one that states a limit of its own.

    ``defaults`` are the limits of servers that state none; without them those of ``models/connections.yaml``. Raises
    what ``load_connection_defaults`` raises.
    """
    known = defaults if defaults is not None else default_limits()
    edges: dict[str, list[Dependency]] = defaultdict(list)
    for edge in topology.dependencies:
        edges[edge.server].append(edge)
    return tuple(
        server_connections(topology, store, known, edges[store.name])
        for store in topology.datastores
        if known.server(store.kind) is not None or store.connections.max is not None
    )


def server_connections(
    topology: Topology, store: Datastore, defaults: ConnectionDefaults, edges: Iterable[Dependency] | None = None
) -> ServerConnections:
    """``store`` and its clients in ``topology``; ``edges`` are those that lead to it, where they are known already."""
    known = edges if edges is not None else (edge for edge in topology.dependencies if edge.server == store.name)
    clients = tuple(client_of(topology, edge) for edge in known)
    pooler = store.connections.pooler
    return ServerConnections(
        server=store.name,
        kind=store.kind,
        limit=defaults.limit(store),
        clients=clients,
        pooled=None if pooler is None else pooled_of(pooler, clients, defaults),
    )


def obstacles(found: ServerConnections, when: When) -> Iterator[str]:
    """What does not fit at ``when``, each with its figures; nothing that is not known is among them."""
    wanted, available, pooled = found.connections[when], found.available, found.pooled
    if pooled is None:
        if available is not None and wanted > available:
            yield f"{wanted} connections, {available} are to be had"
        return
    if available is not None and pooled.server_connections > available:
        yield f"the pooler opens {pooled.server_connections}, {available} are to be had"
    if wanted > pooled.client_limit:
        yield f"{wanted} clients of the pooler, which takes {pooled.client_limit}"
    if pooled.pooler.mode == "session":
        most = pooled.pooler.instances * pooled.pooler.pool_size
        for (user, database), clients in _by_pair(found.counted, when).items():
            if clients > most:
                yield f"{clients} sessions of {user} in {database or 'no database'}, {most} are pooled"


def _by_pair(clients: Sequence[Client], when: When) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for client in clients:
        sums[pair_of(client)] += client.connections[when]
    return sums


def arithmetic(found: ServerConnections, when: When) -> str:
    """The sum at ``when``, term by term, against what there is."""
    terms = [_term(item, when) for item in found.counted]
    total = found.connections[when]
    text = f"{' + '.join(terms) or 'no stated pool'} = {total}"
    if found.unknown:
        text += f", and what {', '.join(dict.fromkeys(item.name for item in found.unknown))} opens"
    pooled = found.pooled
    if pooled is None:
        return f"{text}; {_limit(found)}"
    return (
        f"to the pooler: {text}; it takes {pooled.pooler.instances} x {pooled.each} = {pooled.client_limit}; "
        f"to the server: {_of_pooler(pooled)}; {_limit(found)}"
    )


def _term(client: Client, when: When) -> str:
    pods = client.pods[when] if client.pods else 0
    processes = f" x {client.processes} processes" if client.processes > 1 else ""
    return f"{client.label} {client.pool}{processes} x {pods}"


def _limit(found: ServerConnections) -> str:
    limit = found.limit
    if limit.max is None:
        return "what the server takes is not known"
    if not limit.reserved:
        return f"{limit.setting} is {limit.max}"
    return f"{limit.setting} less reserved is {limit.max} - {limit.reserved} = {found.available}"


def _of_pooler(pooled: Pooled) -> str:
    pairs = len(pooled.pairs)
    named = "pair" if pairs == 1 else "pairs"
    return (
        f"{pooled.pooler.instances} instances x {pooled.pooler.pool_size} x {pairs} {named} of user and database "
        f"= {pooled.server_connections}"
    )
