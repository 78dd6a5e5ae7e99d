"""Where clients find each component: the names of its Services, its ports, and the address a client logs in with."""

from __future__ import annotations

from dataclasses import dataclass

from novaplan.render.context import Context
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore, Sentinel
from novaplan.topology.service import Service

DEFAULT_PORTS = {"postgres": 5432, "redis": 6379}
SENTINEL_PORT = 26379
MASTER_NAME = "mymaster"
"""What Sentinels call the master they watch; Redis's own examples use it too."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port that a TCP client reaches."""

    host: str
    port: int


def role_name(service: str) -> str:
    """The database role of a service: PostgreSQL wants quotes around a dash."""
    return service.replace("-", "_")


def datastore_port(datastore: Datastore) -> int | None:
    """The port clients use, where it is stated or usual."""
    return datastore.port or DEFAULT_PORTS.get(datastore.kind)


def datastore_endpoint(context: Context, datastore: Datastore, seen_from: str | None) -> Endpoint | None:
    """Where a client in namespace ``seen_from`` knocks: for Redis with Sentinel at the Sentinels, which know the
    master; for everything else at the Service with the datastore's own name, which reaches a PostgreSQL primary through
    its pooler or proxy. None where the port is not known."""
    namespace = context.namespace(datastore) if context.runs(datastore) else None
    if context.runs(datastore) and isinstance(datastore.deployment, Sentinel):
        return Endpoint(context.host(sentinel_service(datastore), namespace, seen_from=seen_from), SENTINEL_PORT)
    port = datastore_port(datastore)
    return None if port is None else Endpoint(context.host(datastore.name, namespace, seen_from=seen_from), port)


def sentinel_service(datastore: Datastore) -> str:
    """The Service in front of a Redis's Sentinels."""
    return f"{datastore.name}-sentinel"


def service_endpoint(context: Context, service: Service, seen_from: str | None) -> Endpoint | None:
    """Where a client in namespace ``seen_from`` reaches a service: its port ``http``, else its first one."""
    ports = sorted(service.ports, key=lambda port: (port.name != "http", port.protocol == "metrics", port.name))
    if not ports:
        return None
    return Endpoint(context.host(service.name, context.namespace(service), seen_from=seen_from), ports[0].port)


def tcp_endpoint(context: Context, service: Service, seen_from: str | None) -> Endpoint | None:
    """Where a TCP connection to a service is answered; None where it only listens on UDP, or not at all."""
    tcp = tuple(port for port in service.ports if port.protocol != "udp")
    return service_endpoint(context, replace(service, ports=tcp), seen_from) if tcp else None
