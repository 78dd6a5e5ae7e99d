"""Who opens connections to a server, and the pooler that may stand between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from novaplan.capacity.limits import ConnectionDefaults
from novaplan.capacity.pods import Count, replicas
from novaplan.capacity.rolling import rolled
from novaplan.topology.datastore import Pooler
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

When = Literal["minimum", "current", "maximum", "rolling_update"]
WHEN: tuple[When, ...] = get_args(When)
Moments = dict[When, int]


@dataclass(frozen=True, slots=True)
class Client:
    """What one dependency may open."""

    name: str
    """The client: a service or a datastore."""
    mode: str
    part: str
    """The database or logical DB it uses, where stated."""
    user: str | None
    pool: int | None
    """Connections of one process; None where it is not stated."""
    processes: int
    pods: Moments | None
    """None where somebody else runs the client."""
    optional: bool
    """The client is a component that the system is complete without."""
    possible: bool
    """Nothing shows that the client uses this server; it is in no sum."""

    @property
    def known(self) -> bool:
        """Its connections can be counted, and are."""
        return self.pool is not None and self.pods is not None

    @property
    def connections(self) -> Moments:
        """What it opens at most; 0 where that is not known."""
        each = (self.pool or 0) * self.processes
        return {when: each * self.pods[when] if self.pods else 0 for when in WHEN}

    @property
    def label(self) -> str:
        """``orders (DB 3)``."""
        return f"{self.name} ({self.part})" if self.part else self.name

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what is not known is null."""
        return {
            "client": self.name,
            "mode": self.mode,
            "part": self.part or None,
            "user": self.user,
            "pool": self.pool,
            "processes": self.processes,
            "pods": self.pods,
            "connections": self.connections if self.known else None,
            "optional": self.optional,
        }


@dataclass(frozen=True, slots=True)
class Pooled:
    """A connection pooler before a server."""

    pooler: Pooler
    pairs: tuple[tuple[str, str], ...]
    """Users and databases; a user that is not stated is taken for one of the client's own."""
    guessed: tuple[str, ...]
    """Clients whose user or database is not stated."""
    each: int
    """Clients that one instance takes."""
    each_source: str

    @property
    def server_connections(self) -> int:
        """What the pooler opens to the server at most."""
        return self.pooler.instances * self.pooler.pool_size * len(self.pairs)

    @property
    def client_limit(self) -> int:
        """Clients that all instances take together."""
        return self.pooler.instances * self.each

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "mode": self.pooler.mode,
            "instances": self.pooler.instances,
            "pool_size": self.pooler.pool_size,
            "pairs": [{"user": user, "database": database} for user, database in self.pairs],
            "user_not_stated": list(self.guessed),
            "server_connections": self.server_connections,
            "client_limit": self.client_limit,
            "client_limit_source": self.each_source,
        }


def client_of(topology: Topology, edge: Dependency) -> Client:
    """What ``edge`` may open."""
    service = topology.service.get(edge.client)
    store = topology.datastore.get(edge.client)
    pods: Moments | None = None
    if service is not None:
        counts: tuple[Count, ...] = ("minimum", "current", "maximum")
        numbers = [replicas(service, count) for count in counts]
        # A service that is already above its upper bound, or below, rolls out from where it is.
        pods = dict(zip(WHEN, [*numbers, rolled(service, max(numbers))], strict=True))
    elif store is not None and store.members:
        pods = dict.fromkeys(WHEN, store.members)
    part = edge.database or ("" if edge.logical_db is None else f"DB {edge.logical_db}")
    return Client(
        name=edge.client,
        mode=edge.mode,
        part=part,
        user=edge.user,
        pool=edge.pool.max if edge.pool is not None else None,
        processes=service.processes if service is not None else 1,
        pods=pods,
        optional=service.optional if service is not None else bool(store and store.optional),
        possible=edge.possible,
    )


def pooled_of(pooler: Pooler, clients: tuple[Client, ...], defaults: ConnectionDefaults) -> Pooled:
    """``pooler`` before the server that ``clients`` use."""
    sure = [item for item in clients if not item.possible and item.known]
    pairs = dict.fromkeys(pair_of(item) for item in sure)
    guessed = dict.fromkeys(item.name for item in sure if item.user is None or not item.part)
    stated = pooler.max_client_connections
    each = stated if stated is not None else defaults.pooler.max_client_connections
    source = "stated" if stated is not None else defaults.pooler.source
    return Pooled(pooler, tuple(sorted(pairs)), tuple(guessed), each, source)


def pair_of(client: Client) -> tuple[str, str]:
    """The user and database for which a pooler keeps a pool of its own."""
    return client.user or client.name, client.part
