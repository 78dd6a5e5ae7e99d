"""What connects the parts: dependencies, routes, secrets, namespaces."""

from typing import Annotated, Literal

from pydantic import Field

from novaplan.topology.base import (
    Count,
    HostName,
    Label,
    Milliseconds,
    Model,
    Name,
    Names,
    Percent,
    Places,
    PortNumber,
    Positive,
    by_name,
    sorted_by,
)
from novaplan.topology.service import CircuitBreaker, KeyRef, Protocol, Retries

ROUTE_HOST_PATTERN = r"^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
ROUTE_PATH_PATTERN = r"^/[^\s\x00-\x1f\x7f]*$"

Mode = Literal["calls", "reads", "writes", "publishes", "consumes"]


class Pool(Model):
    """Connections that each process of the client keeps to the server."""

    max: Positive
    idle_timeout: Milliseconds | None = None
    max_lifetime: Milliseconds | None = None
    """After this a connection is replaced, busy or not."""
    acquire_timeout: Milliseconds | None = None


class Dependency(Model):
    """A directed edge from a client to the server it needs."""

    client: HostName
    server: HostName
    mode: Mode = "calls"
    """``writes`` includes reading."""
    database: Label | None = None
    schemas: Names = ()
    """Schemas of that database it touches; none means not stated."""
    logical_db: Count | None = None
    key_prefixes: Names = ()
    """Prefixes of the keys it uses there, where known: they tell whether two clients' keys can collide."""
    topic: Label | None = None
    group: Label | None = None
    """Consumer group."""
    handler: Label | None = None
    """What the consumer does with a message."""
    port: PortNumber | None = None
    protocol: Protocol | None = None
    user: Label | None = None
    """Role or user it logs in as."""
    pool: Pool | None = None
    timeout: Milliseconds | None = None
    retries: Retries | None = None
    circuit_breaker: CircuitBreaker | None = None
    secret: KeyRef | None = None
    """The secret that holds the address or the credentials."""
    optional: bool = False
    """The client works, if worse, without it."""
    possible: bool = False
    """Only possible: something shared names the server, nothing shows that this client uses it."""
    evidence: Places = ()
    """Where it was declared; filled by importers."""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells this edge from every other one."""
        part = self.database or self.topic
        if part is None and self.logical_db is not None:
            part = str(self.logical_db)
        tail = [item for item in (part, self.group) if item is not None]
        if self.port is not None and self.mode == "calls":
            tail.append(str(self.port))
        return (self.client, self.server, self.mode, *tail)


class Backend(Model):
    """A service that answers a route, with its share of the traffic."""

    service: Name
    port: Label
    """Name of the service's port."""
    weight: Percent = 100


class Route(Model):
    """A path or port that the outside reaches, and what serves it."""

    host: Annotated[str, Field(max_length=253, pattern=ROUTE_HOST_PATTERN)] | None = None
    """Absent: any host."""
    path: Annotated[str, Field(pattern=ROUTE_PATH_PATTERN)] | None = None
    """Absent for a plain port."""
    match: Literal["prefix", "exact", "regex"] = "prefix"
    protocol: Protocol = "http"
    listen: PortNumber | None = None
    """The port the outside uses, where it is not the usual one of HTTP."""
    via: Name | None = None
    """The gateway service that forwards it; absent: an Ingress, or the port itself."""
    tls: bool = False
    tls_secret: Label | None = None
    rewrite: str | None = None
    """The path the backend sees, where it differs."""
    backends: Annotated[
        tuple[Backend, ...], Field(min_length=1), sorted_by(lambda item: (item.service, item.port, item.weight))
    ]
    declared: Places = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells this route from every other one."""
        return (self.host or "*", str(self.listen or ""), self.path or "", self.match)


class SecretKey(Model):
    """One key of a secret; the value is never held."""

    name: Label
    purpose: str = ""
    opens: Label | None = None
    """What the value gives access to, as an address such as ``database:postgres/shop``. Two keys that open the same
    thing can become one."""
    optional: bool = False


class Secret(Model):
    """A secret by name, with the names of its keys."""

    name: HostName
    namespace: Name | None = None
    type: str = "Opaque"
    keys: Annotated[tuple[SecretKey, ...], by_name] = ()
    optional: bool = False
    declared: Places = ()


class Namespace(Model):
    """A namespace of the cluster."""

    name: Name
    description: str = ""
    declared: Places = ()


class Unmodelled(Model):
    """An object an importer saw but the model has no place for: kept by name, so that nothing is lost silently."""

    kind: Label
    name: Label
    api_version: str = ""
    namespace: Name | None = None
    declared: Places = ()
