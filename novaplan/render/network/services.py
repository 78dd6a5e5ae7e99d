"""The Services of a service: under its own name, for the pods of a StatefulSet, and for what is published."""

from __future__ import annotations

from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.manifests import Manifest, selector, without_absent
from novaplan.render.network.handovers import HandOver, hand_overs
from novaplan.render.workloads.containers import is_port_name
from novaplan.render.workloads.controllers import headless
from novaplan.topology.service import Port, Service

_SPEAKS: Final = {
    "http": "http",
    "https": "https",
    "grpc": "kubernetes.io/h2c",
    "websocket": "kubernetes.io/ws",
    "tcp": "tcp",
}
"""Protocols by the names that Kubernetes has for them."""
_NODE_PORTS: Final = range(30000, 32768)
"""Where Kubernetes takes the ports of a NodePort from, unless a cluster is set up otherwise."""

Published = dict[tuple[int, bool], Port]
"""The port behind each published one; True is UDP."""
Entrance = tuple[str | None, int, bool]
"""Where the outside comes in: a namespace, a port, and whether it is UDP."""


def objects(context: Context, service: Service) -> list[Manifest]:
    """The Services of ``service``; none where it listens on nothing."""
    found = []
    labels: dict[str, Any] = {"selector": selector(service.name)}
    if service.ports:
        handed = context.once(hand_overs).get(service.name)
        spec = {**labels, "ports": [service_port(port) for port in service.ports]} if handed is None else _led(handed)
        found.append(context.object("v1", "Service", service.name, service, spec=spec))
    if service.workload == "statefulset":
        # Members find each other before they are ready.
        ports = [service_port(port) for port in service.ports] or None
        spec = {"clusterIP": "None", "publishNotReadyAddresses": True, **labels, "ports": ports}
        made = context.object("v1", "Service", headless(service), service, generated=True, spec=without_absent(spec))
        found.append(made)
    published = context.once(publications).get(service.name, {})
    return found + [_public(context, service, *item) for item in sorted(published.items(), key=lambda item: item[0])]


def _led(handed: HandOver) -> dict[str, Any]:
    """The Service of a name that leads to another service: at its own ports, and at those of the heir beside them."""
    if not handed.near:
        ports = [{**service_port(port), "targetPort": port.port} for port, _ in handed.ports]
        return {"selector": selector(handed.relay), "ports": ports}
    found = [{**service_port(led), "name": port.name, "port": port.port} for port, led in handed.ports]
    names, taken = {item["name"] for item in found}, {(port.port, port.protocol == "udp") for port, _ in handed.ports}
    more = [
        port
        for port in handed.heir.ports
        if port.name not in names and (port.port, port.protocol == "udp") not in taken
    ]
    return {"selector": selector(handed.heir.name), "ports": [*found, *map(service_port, more)]}


def service_port(port: Port) -> dict[str, Any]:
    """A port as a Service has it."""
    target: int | str = port.name if is_port_name(port.name) else port.listens_on
    body = {
        "name": port.name,
        "port": port.port,
        "targetPort": target,
        "protocol": "UDP" if port.protocol == "udp" else None,
        "appProtocol": _SPEAKS.get(port.protocol),
    }
    return without_absent(body)


def publications(context: Context) -> dict[str, Published]:
    """What each service publishes without an Ingress: its own published ports, and routes that are plain ports."""
    found: dict[str, Published] = {}
    for (_, number, udp), behind in context.once(entrances).items():
        name, port = next(iter(behind.items()))
        found.setdefault(name, {})[number, udp] = port
    return found


def entrances(context: Context) -> dict[Entrance, dict[str, Port]]:
    """Who is behind each published port, by service; more than one where nothing says which.

    A route that is a plain port says it, for the services of its namespace: so a port goes on being one Service, with
    one address, when the route moves on to another of them. A Service of another namespace has an address of its own.
    """
    found: dict[Entrance, dict[str, Port]] = {}
    services = context.topology.service
    for route in context.topology.routes:
        if route.path is None and route.listen is not None:
            name = route.via or max(route.backends, key=lambda item: item.weight).service
            named = next((item.port for item in route.backends if item.service == name), None)
            behind = route_port(services[name], None if route.via else named)
            if behind is not None:
                own = (context.namespace(services[name]), route.listen, behind.protocol == "udp")
                found.setdefault(own, {})[name] = behind
    routed = set(found)
    for service in context.topology.services:
        for port in service.ports:
            own = (context.namespace(service), port.published or 0, port.protocol == "udp")
            if port.published is not None and own not in routed:
                found.setdefault(own, {})[service.name] = port
    return found


def route_port(service: Service, named: str | None) -> Port | None:
    """The port of ``service`` that a route leads to: by name or number; for a gateway the one for HTTP."""
    if named is None:
        chosen = sorted(service.ports, key=lambda port: (port.name != "http", port.protocol != "http", port.name))
        return next(iter(chosen), None)
    numbered = int(named) if named.isascii() and named.isdecimal() else None
    return next((port for port in service.ports if port.name == named or port.port == numbered), None)


def _public(context: Context, service: Service, entrance: tuple[int, bool], port: Port) -> Manifest:
    """One Service for each port, called after nothing but the port: whoever serves it, it stays the same object."""
    number, udp = entrance
    kind = context.settings.network.public
    name = f"{'udp' if udp else 'tcp'}-{number}"
    on_nodes = number if kind == "NodePort" and number in _NODE_PORTS else None
    body = without_absent({**service_port(port), "name": name, "port": number, "nodePort": on_nodes})
    spec = {"type": kind, "selector": selector(service.name), "ports": [body]}
    return context.object("v1", "Service", f"public-{name}", service, generated=True, spec=spec)
