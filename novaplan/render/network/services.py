"""The Services of a service: under its own name, for the pods of a StatefulSet, and for what is published."""

from __future__ import annotations

from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.manifests import Manifest, selector, without_absent
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


def objects(context: Context, service: Service) -> list[Manifest]:
    """The Services of ``service``; none where it listens on nothing."""
    found = []
    labels: dict[str, Any] = {"selector": selector(service.name)}
    if service.ports:
        spec = {**labels, "ports": [service_port(port) for port in service.ports]}
        found.append(context.object("v1", "Service", service.name, service, spec=spec))
    if service.workload == "statefulset":
        # Members find each other before they are ready.
        ports = [service_port(port) for port in service.ports] or None
        spec = {"clusterIP": "None", "publishNotReadyAddresses": True, **labels, "ports": ports}
        made = context.object("v1", "Service", headless(service), service, generated=True, spec=without_absent(spec))
        found.append(made)
    published = context.once(publications).get(service.name)
    if published:
        found.append(_public(context, service, published))
    return found


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
    for service in context.topology.services:
        for port in service.ports:
            if port.published is not None:
                found.setdefault(service.name, {})[port.published, port.protocol == "udp"] = port
    for route in context.topology.routes:
        if route.path is None and route.listen is not None:
            name = route.via or route.backends[0].service
            behind = route_port(context.topology.service[name], None if route.via else route.backends[0].port)
            if behind is not None:
                found.setdefault(name, {})[route.listen, behind.protocol == "udp"] = behind
    return found


def route_port(service: Service, named: str | None) -> Port | None:
    """The port of ``service`` that a route leads to: by name or number; for a gateway the one for HTTP."""
    if named is None:
        chosen = sorted(service.ports, key=lambda port: (port.name != "http", port.protocol != "http", port.name))
        return next(iter(chosen), None)
    numbered = int(named) if named.isascii() and named.isdecimal() else None
    return next((port for port in service.ports if port.name == named or port.port == numbered), None)


def _public(context: Context, service: Service, published: Published) -> Manifest:
    kind = context.settings.network.public
    ports = []
    for (number, udp), port in sorted(published.items()):
        body = {
            **service_port(port),
            "name": f"{'udp' if udp else 'tcp'}-{number}",
            "port": number,
            "nodePort": number if kind == "NodePort" and number in _NODE_PORTS else None,
        }
        ports.append(without_absent(body))
    spec = {"type": kind, "selector": selector(service.name), "ports": ports}
    return context.object("v1", "Service", f"{service.name}-public", service, generated=True, spec=spec)
