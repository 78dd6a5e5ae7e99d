"""Names that clients may still call: each stays as a plain Service in front of the pods of whoever answers now.

Not as an ExternalName: that would answer under another name, which the Host header and certificates do not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from novaplan.render.context import Context
from novaplan.render.manifests import Manifest, selector
from novaplan.render.network.services import service_port
from novaplan.topology.parts import kind_of, path_of
from novaplan.topology.service import Port, Service

_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def objects(context: Context, manifests: Iterable[Manifest]) -> list[Manifest]:
    """Services under every alias, and on request under every name that the lineage says was merged or moved. A name
    that one of ``manifests`` has already stays its own."""
    taken = {
        (item["metadata"].get("namespace"), item["metadata"]["name"]): item
        for item in manifests
        if item["kind"] == "Service"
    }
    found: list[Manifest] = []
    for made in (*_aliases(context, taken), *(_merged(context) if context.settings.keep_old_names else ())):
        own = (made["metadata"].get("namespace"), made["metadata"]["name"])
        if own not in taken:
            taken[own] = made
            found.append(made)
    return found


def is_service_name(name: str) -> bool:
    """Whether a Service may be called so: a letter first (RFC 1035), at most 63 characters."""
    return _SERVICE_NAME.fullmatch(name) is not None


def _aliases(context: Context, services: dict[tuple[str | None, str], Manifest]) -> Iterator[Manifest]:
    for service in context.topology.services:
        for alias in filter(is_service_name, service.aliases):
            if service.ports:
                yield _service(context, alias, service, [service_port(port) for port in service.ports], merged=False)
    for store in context.topology.datastores:
        own = services.get((context.namespace(store), store.name))
        if own is not None and "selector" in own["spec"]:
            for alias in filter(is_service_name, store.aliases):
                yield context.object("v1", "Service", alias, store, generated=True, spec=own["spec"])


def _merged(context: Context) -> Iterator[Manifest]:
    """A Service for each service of the lineage whose name is gone."""
    lineage, services = context.topology.lineage, context.topology.service
    for heir in lineage.parts if lineage else ():
        old = path_of(heir.part)
        if kind_of(heir.part) != "service" or old in services or not is_service_name(old):
            continue
        into = [services[path_of(part)] for part in heir.into if path_of(part) in services]
        chosen = next((service for service in into if service.ports), None)
        before = _before(context, old)
        if chosen is not None and (before is None or before.ports):
            yield _service(context, old, chosen, _ports_of_both(context, old, chosen), merged=True)


def _ports_of_both(context: Context, old: str, service: Service) -> list[dict[str, Any]]:
    """The ports that ``service`` has, and those that the old one had, which lead to what became of them."""
    own = {port.name: port for port in service.ports}
    found = {_socket(port): service_port(port) for port in service.ports}
    before = _before(context, old)
    fates = {heir.part: heir.into for heir in context.topology.lineage.parts} if context.topology.lineage else {}
    for port in before.ports if before is not None else ():
        for part in fates.get(f"port:{old}/{port.name}", ()):
            owner, _, name = path_of(part).partition("/")
            if owner == service.name and name in own:
                leads = {**service_port(own[name]), "name": f"old-{port.port}", "port": port.port}
                found.setdefault((port.port, port.protocol == "udp"), leads)
    return list(found.values())


def _before(context: Context, old: str) -> Service | None:
    return context.source.service.get(old) if context.source is not None else None


def _socket(port: Port) -> tuple[int, bool]:
    return (port.port, port.protocol == "udp")


def _service(context: Context, name: str, service: Service, ports: list[dict[str, Any]], *, merged: bool) -> Manifest:
    spec = {"selector": selector(service.name), "ports": ports}
    return context.object("v1", "Service", name, service, generated=merged, spec=spec)
