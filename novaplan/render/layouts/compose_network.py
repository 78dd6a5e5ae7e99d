"""How the containers of a compose project reach each other: by the names and ports of the Services.

A Service is one more name of the containers it selects, as long as they listen on its port. Where they do not, a proxy
passes it on, since compose has nothing that does: in the network of the container that has the Service's name, or else
as a compose service of that name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from novaplan.render.context import Context
from novaplan.render.layouts.compose_references import namespace_of
from novaplan.render.layouts.compose_units import Unit, moves, target, tcp
from novaplan.render.manifests import NAME, Manifest

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
    made, published = Network(defaultdict(list), [], {}), _Published()
    names = {unit.name for unit in units}
    grouped: dict[tuple[str, str | None], list[Unit]] = defaultdict(list)
    for unit in units:
        grouped[unit.namespace, unit.pod_labels.get(NAME)].append(unit)
    reached: dict[tuple[str, str], tuple[Manifest, list[Unit]]] = {}
    for service in items:
        selector = service["spec"].get("selector") if service["kind"] == "Service" else None
        if not selector:
            continue
        space = namespace_of(service)
        behind = [unit for unit in grouped[space, selector.get(NAME)] if unit.selected(selector, space)]
        reached[space, service["metadata"]["name"]] = (service, behind)
        if service["spec"].get("type") in ("LoadBalancer", "NodePort"):
            for port in service["spec"]["ports"]:
                published.add(behind, port, port.get("nodePort", port["port"]))
        else:
            _name(context, made, service, behind, names)
    for backend, port in _routed(items):
        service, behind = reached.get(backend, ({"spec": {}}, []))
        for item in tcp(service):
            if port in (item.get("name"), item["port"]):
                published.add(behind, item, item["port"], "127.0.0.1")
    made.published.update(published.entries)
    return made


def _name(context: Context, made: Network, service: Manifest, behind: list[Unit], names: set[str]) -> None:
    """Let a Service be reached by its name, through a proxy where a port has to be passed on."""
    space, name = namespace_of(service), service["metadata"]["name"]
    headless = service["spec"].get("clusterIP") == "None"
    own = hosts(context, name, space)
    if headless or not any(moves(service, unit.pod) for unit in behind):
        for unit in behind:
            pod = hosts(context, f"{unit.pod_name}.{name}", space) if headless else []
            made.aliases[unit.name] += [*own, *pod]
    elif any(unit.name == name for unit in behind):
        for unit in behind:
            made.aliases[unit.name] += own
            passing = _passing(service, [(unit, "127.0.0.1")])
            made.proxies.append(Proxy(f"{unit.name}.ports", unit.name, service, passing))
    elif name not in names:
        made.aliases[name] += own
        passing = _passing(service, [(unit, unit.name) for unit in behind])
        made.proxies.append(Proxy(name, None, service, passing, tuple(unit.name for unit in behind)))


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


def _routed(items: list[Manifest]) -> Iterator[tuple[tuple[str, str], str | int]]:
    """What an Ingress leads to: a Service, and the name or number of its port."""
    for item in items:
        for rule in item["spec"].get("rules", ()) if item["kind"] == "Ingress" else ():
            for path in rule.get("http", {}).get("paths", ()):
                backend = path["backend"]["service"]
                yield (namespace_of(item), backend["name"]), backend["port"].get("name") or backend["port"]["number"]


class _Published:
    """Ports of this machine, each given away once."""

    def __init__(self) -> None:
        self.entries: dict[str, list[dict[str, Any]]] = {}
        self._taken: set[int] = set()

    def add(self, behind: list[Unit], port: dict[str, Any], wanted: int, address: str | None = None) -> None:
        """Publish a port of a Service, on as many as its first unit has replicas; where one is taken already the choice
        is left to docker."""
        for unit in behind[:1]:
            entries = self.entries.setdefault(unit.name, [])
            entry = {"target": target(port, unit.pod), "protocol": port.get("protocol", "TCP").lower()}
            if any(entry.items() <= known.items() for known in entries):
                return
            last = wanted + max(unit.replicas, 1) - 1
            numbers = set(range(wanted, last + 1))
            if last <= 65535 and not numbers & self._taken:
                self._taken |= numbers
                entry["published"] = str(wanted) if last == wanted else f"{wanted}-{last}"
            if address is not None:
                entry["host_ip"] = address
            entries.append(entry)
