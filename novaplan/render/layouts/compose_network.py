"""How the containers of a compose project reach each other: by the names and ports of the Services.

A Service is one more name of the containers it selects, as long as they listen on its port. Where they do not, a proxy
passes it on, since compose has nothing that does: in the network of the container that has the Service's name, or else
as a compose service of that name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from novaplan.render.context import Context
from novaplan.render.layouts.compose_references import namespace_of
from novaplan.render.layouts.compose_units import Unit, moves, target, tcp
from novaplan.render.manifests import Manifest

_PROXY = """defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
resolvers docker
    parse-resolv-conf
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """What passes ports of a Service on to other ports of the containers behind it."""

    name: str
    inside: str | None
    """The compose service in whose network it runs; None for one of its own."""
    service: Manifest
    configuration: str
    behind: tuple[str, ...] = ()
    """The compose services that it passes on to."""


@dataclass(frozen=True, slots=True)
class Network:
    """Names, proxies and published ports."""

    aliases: dict[str, list[str]]
    """Further names of each compose service in the network of its namespace."""
    proxies: list[Proxy]
    published: dict[str, list[dict[str, Any]]]


def network(context: Context, manifests: Iterable[Manifest], units: list[Unit]) -> Network:
    """How ``units`` are reached."""
    items = list(manifests)
    made = Network(defaultdict(list), [], defaultdict(list))
    names = {unit.name for unit in units}
    services = [item for item in items if item["kind"] == "Service" and item["spec"].get("selector")]
    for service in services:
        space, name = namespace_of(service), service["metadata"]["name"]
        behind = [unit for unit in units if unit.selected(service["spec"]["selector"], space)]
        headless = service["spec"].get("clusterIP") == "None"
        if service["spec"].get("type") in ("LoadBalancer", "NodePort"):
            _publish(made, service, behind)
        elif headless or not any(moves(service, unit.pod) for unit in behind):
            for unit in behind:
                pod = f"{unit.pod_name}.{name}" if headless else name
                made.aliases[unit.name] += [*hosts(context, name, space), *hosts(context, pod, space)]
        elif any(unit.name == name for unit in behind):
            for unit in behind:
                made.aliases[unit.name] += hosts(context, name, space)
                inside = Proxy(f"{unit.name}-ports", unit.name, service, _passing(service, [(unit, "127.0.0.1")]))
                made.proxies.append(inside)
        elif name not in names:
            made.aliases[name] += hosts(context, name, space)
            to = [(unit, unit.name) for unit in behind]
            made.proxies.append(Proxy(name, None, service, _passing(service, to), tuple(unit.name for unit in behind)))
    _publish_routes(made, items, services, units)
    return made


def hosts(context: Context, name: str, namespace: str) -> list[str]:
    """Every DNS name of ``name`` in a namespace."""
    inner = f"{name}.{namespace}"
    return [name, inner, f"{inner}.svc", f"{inner}.svc.{context.settings.cluster_domain}"]


def _passing(service: Manifest, to: list[tuple[Unit, str]]) -> str:
    parts = [_PROXY]
    for port in tcp(service):
        moved = [(unit, host) for unit, host in to if host != "127.0.0.1" or target(port, unit.pod) != port["port"]]
        if moved:
            parts.append(f"listen port-{port['port']}\n    bind :{port['port']}\n")
            # A name is only looked up when there is an answer: nothing has to run before the proxy.
            found = [f"    server {unit.name} {host}:{target(port, unit.pod)} check" for unit, host in moved]
            parts += [
                f"{line} resolvers docker init-addr none\n" if ".1:" not in line else f"{line}\n" for line in found
            ]
    return "".join(parts)


# ---------------------------------------------------------------- published ports


def _publish(made: Network, service: Manifest, behind: list[Unit]) -> None:
    for port in service["spec"]["ports"]:
        for unit in behind[:1]:
            _add(
                made,
                unit,
                port.get("nodePort", port["port"]),
                target(port, unit.pod),
                port.get("protocol", "TCP").lower(),
            )


def _publish_routes(made: Network, items: list[Manifest], services: list[Manifest], units: list[Unit]) -> None:
    """What an Ingress leads to is published on this machine alone: compose has no Ingress."""
    by_name = {(namespace_of(item), item["metadata"]["name"]): item for item in services}
    for item in items:
        if item["kind"] != "Ingress":
            continue
        for rule in item["spec"].get("rules", ()):
            for path in rule.get("http", {}).get("paths", ()):
                backend = path["backend"]["service"]
                service = by_name.get((namespace_of(item), backend["name"]))
                for port in tcp(service) if service is not None else ():
                    if backend["port"].get("name") == port.get("name") or backend["port"].get("number") == port["port"]:
                        selector = service["spec"]["selector"] if service is not None else {}
                        reached = [unit for unit in units if unit.selected(selector, namespace_of(item))]
                        for unit in reached[:1]:
                            _add(made, unit, port["port"], target(port, unit.pod), "tcp", "127.0.0.1")


def _add(made: Network, unit: Unit, published: int, inner: int, protocol: str, address: str | None = None) -> None:
    """Publish a port, on as many as there are replicas; where one is taken already the choice is left to docker."""
    known = [entry for entries in made.published.values() for entry in entries]
    if any(entry["target"] == inner and entry["protocol"] == protocol for entry in made.published[unit.name]):
        return
    last = published + max(unit.replicas, 1) - 1
    taken = {number for entry in known for number in _numbers(entry.get("published", ""))}
    free = last <= 65535 and not taken & set(range(published, last + 1))
    entry: dict[str, Any] = {"target": inner, "protocol": protocol}
    if free:
        entry["published"] = str(published) if last == published else f"{published}-{last}"
    if address is not None:
        entry["host_ip"] = address
    made.published[unit.name].append(entry)


def _numbers(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1) if first else range(0)
