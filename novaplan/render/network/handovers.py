"""Names that lead to an heir while the service they belong to still runs: its Service moves, whoever calls it.

A service that has the name of another one as an alias takes over its Service: the object stays, and so does its
address; the selector moves. Where the heir runs in another namespace no selector reaches it, so pods beside the Service
relay every connection: haproxy, which knows nothing of what passes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.manifests import PREFIX, Manifest, selector
from novaplan.render.network.rules import Peer, Rule, Socket, network_policy, peer, tcp
from novaplan.render.security import container_security, pod_security
from novaplan.topology.parts import address
from novaplan.topology.service import Port, Service

CHECKSUM: Final = PREFIX + "config-checksum"
_FOLDER, _FILE = "/etc/haproxy", "haproxy.cfg"
_MOST: Final = 4096
"""Connections that a relay takes at once; without a limit haproxy takes memory by the files that it may open."""
_RESOURCES: Final = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
_HEAD: Final = f"""global
    maxconn {_MOST}
    log stdout format raw local0 notice

resolvers cluster
    parse-resolv-conf
    hold valid 5s

defaults
    mode tcp
    log global
    timeout connect 5s
    timeout client 1d
    timeout server 1d
    option clitcpka
    option srvtcpka
"""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A name that leads to another service than the one called so."""

    old: Service
    heir: Service
    ports: tuple[tuple[Port, Port], ...]
    """Each port of the old one that the heir answers too, with that of the heir."""
    near: bool
    """Whether both are in one namespace, so that the selector alone has to move."""

    @property
    def relay(self) -> str:
        """What the pods between them are called."""
        return f"{self.old.name}-relay"

    @property
    def sockets(self) -> tuple[Socket, ...]:
        """Where the relay listens: at the ports of the old Service."""
        return tcp(*(port.port for port, _ in self.ports))


def hand_overs(context: Context) -> dict[str, HandOver]:
    """All of them by the old name. As long as a route passes through a service its Service stays its own."""
    services = context.topology.service
    busy = {name for route in context.topology.routes for name in (route.via, *(one.service for one in route.backends))}
    found = {}
    for heir in context.topology.services:
        for name in heir.aliases:
            old = services.get(name)
            if old is None or old is heir or name in busy:
                continue
            here, there = context.namespace(old), context.namespace(heir)
            near = here == there
            pairs = tuple((port, led) for port in old.ports if (led := _led(port, heir)) is not None)
            pairs = (
                pairs if near else tuple(pair for pair in pairs if "udp" not in (pair[0].protocol, pair[1].protocol))
            )
            if pairs and (near or None not in (here, there)):
                found[name] = HandOver(old, heir, pairs, near)
    return found


def _led(port: Port, heir: Service) -> Port | None:
    """The port of the heir that does the same: of the same name, else of the same number, else the only one."""
    same = [other for other in heir.ports if (other.protocol == "udp") == (port.protocol == "udp")]
    for matches in (
        [item for item in same if item.name == port.name],
        [item for item in same if item.port == port.port],
    ):
        if matches:
            return matches[0]
    return same[0] if len(same) == 1 else None


def relays_to(context: Context, name: str) -> list[HandOver]:
    """The relays that lead to the service called ``name``."""
    return [item for item in context.once(hand_overs).values() if item.heir.name == name and not item.near]


def relay_peer(context: Context, handed: HandOver, *, seen_from: str | None) -> Peer:
    """The pods of a relay, for a policy in namespace ``seen_from``."""
    own = context.namespace(handed.old)
    return Peer(tuple(selector(handed.relay).items()), own if own != seen_from else None)


def objects(context: Context, service: Service) -> Iterator[Manifest]:
    """The relay behind the name of ``service``, where it leads into another namespace."""
    handed = context.once(hand_overs).get(service.name)
    if handed is None or handed.near:
        return
    text = _configuration(context, handed)
    own = context.labels(handed.relay)
    yield context.object("v1", "ConfigMap", handed.relay, service, generated=True, data={_FILE: text})
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": selector(handed.relay)},
        "template": {
            "metadata": {"labels": own, "annotations": {CHECKSUM: hashlib.sha256(text.encode()).hexdigest()[:16]}},
            "spec": _pod(context, handed),
        },
    }
    yield context.object("apps/v1", "Deployment", handed.relay, service, generated=True, spec=spec)
    yield _policy(context, handed)


def _configuration(context: Context, handed: HandOver) -> str:
    # The proxy asks DNS itself and knows no search list, so it needs whole names.
    host = context.full_host(handed.heir.name, context.namespace(handed.heir))
    listens = [
        f"\nlisten port-{port.port}\n    bind :{port.port}\n"
        f"    server heir {host}:{led.port} resolvers cluster resolve-prefer ipv4 init-addr none\n"
        for port, led in handed.ports
    ]
    return _HEAD + "".join(listens)


def _pod(context: Context, handed: HandOver) -> dict[str, Any]:
    first = handed.ports[0][0].port
    ports = [{"containerPort": port.port} for port, _ in handed.ports]
    container = {
        "name": "haproxy",
        "image": context.settings.tools.haproxy,
        "imagePullPolicy": "IfNotPresent",
        "command": ["haproxy", "-W", "-db", "-f", f"{_FOLDER}/{_FILE}"],
        "ports": ports,
        "resources": _RESOURCES,
        "livenessProbe": {"tcpSocket": {"port": first}},
        "readinessProbe": {"tcpSocket": {"port": first}, "periodSeconds": 5},
        "securityContext": container_security(),
        "volumeMounts": [{"name": "config", "mountPath": _FOLDER}],
    }
    lowest = min(port.port for port, _ in handed.ports)
    return {
        "automountServiceAccountToken": False,
        "securityContext": pod_security(context.settings.run_as_user, lowest_port=lowest),
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": handed.relay}}],
    }


def _policy(context: Context, handed: HandOver) -> Manifest:
    """Whoever calls the heir may use the old name too."""
    own = context.namespace(handed.old)
    services = context.topology.service
    clients = dict.fromkeys(edge.client for edge in context.edges_to.get(handed.heir.name, ()))
    callers = tuple(peer(context, services[name], seen_from=own) for name in clients if name in services)
    led = tcp(*(port.listens_on for _, port in handed.ports))
    return network_policy(
        handed.relay,
        own,
        labels=context.labels(handed.old.name),
        pods=selector(handed.relay),
        generated_for=address("service", handed.old.name),
        ingress=(Rule(callers, handed.sockets),) if callers else (),
        egress=(Rule((peer(context, handed.heir, seen_from=own),), led),),
    )
