"""What leaves the cluster, or goes to what somebody else runs in it: by port, and by address where that is a number."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from novaplan.render.context import Context
from novaplan.render.datastores.external import is_address
from novaplan.render.endpoints import datastore_port
from novaplan.render.network.rules import Peer, Rule, Socket
from novaplan.topology.datastore import Datastore, External
from novaplan.topology.wiring import Dependency

_USUAL: Final = (443,)
_OF_SCHEME: Final = {"http": 80, "https": 443, "amqp": 5672, "amqps": 5671, "smtp": 25, "ldap": 389, "ldaps": 636}


def external_rule(context: Context, server: Datastore | External, edge: Dependency | None) -> Rule:
    """What lets a client out to ``server``, by the dependency on it or a wait for it."""
    found = [_split(text) for text in _addresses(context, server)]
    ports = {port for _, port in found if port is not None}
    if edge is not None and edge.port is not None:
        ports = {edge.port}
    if not ports:
        ports = set(_usual(context, server))
    hosts = [host for host, _ in found]
    peers = tuple(Peer(cidr=_cidr(host)) for host in hosts) if all(map(is_address, hosts)) else ()
    return Rule(peers, _sockets(server, edge, ports))


def _addresses(context: Context, server: Datastore | External) -> tuple[str, ...]:
    known = context.settings.externals.get(server.name)
    if known is not None:
        return (known,)
    return server.addresses if isinstance(server, External) else ()


def _usual(context: Context, server: Datastore | External) -> tuple[int, ...]:
    if isinstance(server, External):
        return context.settings.network.external_ports.get(server.kind, _USUAL)
    port = datastore_port(server)
    # Of a kind that nobody knows every port is let through: to guess one would cut the system off.
    return (port,) if port is not None else context.settings.network.external_ports.get(server.kind, ())


def _sockets(server: Datastore | External, edge: Dependency | None, ports: set[int]) -> tuple[Socket, ...]:
    """Nobody says what externals speak, so TCP and UDP both go out; datastores speak TCP."""
    stated = edge.protocol if edge is not None else None
    tcp: list[Socket] = [("TCP", port) for port in sorted(ports)]
    udp: list[Socket] = [("UDP", port) for port in sorted(ports)]
    if stated is not None:
        return tuple(udp if stated == "udp" else tcp)
    return tuple(tcp if isinstance(server, Datastore) else [*tcp, *udp])


def _split(address: str) -> tuple[str, int | None]:
    """Host and port of an address, with a scheme or without."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        return parts.hostname or "", parts.port or _OF_SCHEME.get(parts.scheme)
    except ValueError:
        return address, None


def _cidr(host: str) -> str:
    return f"{host}/{128 if ':' in host else 32}"
