"""Ingresses for the routes that have a path: as few objects as the routes' differences allow, for ingress-nginx where
plain Ingress has no word for it (https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.manifests import Manifest, without_absent
from novaplan.render.network.services import route_port
from novaplan.render.workloads.containers import is_port_name
from novaplan.topology.service import Port, Service
from novaplan.topology.wiring import Backend, Route

_NGINX: Final = "nginx.ingress.kubernetes.io/"
_LASTING: Final = "3600"
"""Seconds that a WebSocket may be silent; ingress-nginx would close it after 60."""
_SPECIAL = re.compile(r"([.+*?()\[\]{}|^$\\])")
_TYPES: Final = {"prefix": "Prefix", "exact": "Exact", "regex": "ImplementationSpecific"}


@dataclass(frozen=True, slots=True, order=True)
class _Group:
    """What all routes of one Ingress have in common."""

    namespace: str
    """Empty: the namespace of kubectl's context."""
    tls: bool
    secret: str
    regex: bool
    rewrite: str
    lasting: bool
    speaks: str
    weight: int
    """Of a canary: its share of the traffic, in percent; -1 for all other Ingresses."""

    @property
    def words(self) -> str:
        """What the Ingress is called after the system's name."""
        found = {
            "tls": self.tls,
            "websocket": self.lasting,
            self.speaks: self.speaks,
            "regex": self.regex and not self.rewrite,
            "rewrite": self.rewrite,
            "canary": self.weight >= 0,
        }
        return "-".join(["routes", *(word for word, holds in found.items() if holds)])


@dataclass(frozen=True, slots=True)
class _Path:
    """One line of an Ingress."""

    host: str
    path: str
    type: str
    service: str
    port: int | str


def objects(context: Context) -> list[Manifest]:
    """The Ingresses of the system, in the namespaces of the services that answer."""
    groups: dict[_Group, list[_Path]] = defaultdict(list)
    for route in context.topology.routes:
        if route.path is not None:
            for group, path in _lines(context, route):
                groups[group].append(path)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for group in sorted(groups):
        name = f"{context.system}-{group.words}"
        counts[group.namespace, name] += 1
        number = counts[group.namespace, name]
        found.append(_ingress(context, name if number == 1 else f"{name}-{number}", group, groups[group]))
    return found


def host_of(context: Context, route: Route) -> str | None:
    """The host a route is asked for under: the settings may give one to routes without."""
    return route.host or context.settings.ingress.host


def shares(route: Route) -> list[tuple[Backend, int]]:
    """The backends of a route that get traffic, the largest share first, each with its share in percent."""
    ordered = sorted(route.backends, key=lambda backend: (-backend.weight, backend.service, backend.port))
    return [(backend, backend.weight) for backend in ordered if backend.weight > 0]


def _lines(context: Context, route: Route) -> Iterator[tuple[_Group, _Path]]:
    services = context.topology.service
    if route.via is not None:
        gateway = services[route.via]
        port = route_port(gateway, None)
        if port is not None:
            yield _line(context, route, gateway, port, -1)
        return
    for position, (backend, weight) in enumerate(shares(route)):
        port = route_port(services[backend.service], backend.port)
        if port is not None:
            yield _line(context, route, services[backend.service], port, weight if position else -1)


def _line(context: Context, route: Route, service: Service, port: Port, weight: int) -> tuple[_Group, _Path]:
    # What a gateway forwards it rewrites itself.
    path, rewrite = (route.path or "/", "") if route.via else _rewritten(route)
    regex = route.match == "regex" or path != route.path
    group = _Group(
        namespace=context.namespace(service) or "",
        tls=route.tls,
        secret=(route.tls_secret or context.settings.ingress.tls_secret or "") if route.tls else "",
        regex=regex,
        rewrite=rewrite,
        lasting=route.protocol == "websocket",
        speaks=port.protocol if port.protocol in ("grpc", "https") else "",
        weight=weight,
    )
    kind = _TYPES["regex" if regex else route.match]
    target = port.name if is_port_name(port.name) else port.port
    return group, _Path(host_of(context, route) or "", path, kind, service.name, target)


def _rewritten(route: Route) -> tuple[str, str]:
    """The path to match, and what the backend sees instead. ingress-nginx replaces the whole path; behind a prefix the
    rest of it is kept, as everybody who rewrites a prefix means it."""
    path, rewrite = route.path or "/", route.rewrite or ""
    if not rewrite or route.match != "prefix" or "$" in rewrite:
        return path, rewrite
    head = _SPECIAL.sub(r"\\\1", path.rstrip("/"))
    return f"{head}(/|$)(.*)", f"{rewrite.rstrip('/')}/$2"


def _ingress(context: Context, name: str, group: _Group, lines: list[_Path]) -> Manifest:
    by_host: dict[str, list[_Path]] = defaultdict(list)
    for line in lines:
        by_host[line.host].append(line)
    hosts = [host for host in sorted(by_host) if host]
    rules = [_rule(host, by_host[host]) for host in sorted(by_host)]
    tls = [without_absent({"hosts": hosts or None, "secretName": group.secret or None})] if group.tls else None
    spec = {"ingressClassName": context.settings.ingress.class_name, "tls": tls, "rules": rules}
    return context.plain_object(
        "networking.k8s.io/v1",
        "Ingress",
        name,
        group.namespace or None,
        # The importer reads the main one; the canary's share is in the record.
        generated=group.weight >= 0,
        annotations=_annotations(group),
        spec=without_absent(spec),
    )


def _annotations(group: _Group) -> dict[str, str]:
    found = {
        "use-regex": "true" if group.regex else None,
        "rewrite-target": group.rewrite or None,
        "ssl-redirect": None if group.tls else "false",
        "backend-protocol": group.speaks.upper() or None,
        "proxy-read-timeout": _LASTING if group.lasting else None,
        "proxy-send-timeout": _LASTING if group.lasting else None,
        "canary": "true" if group.weight >= 0 else None,
        "canary-weight": str(group.weight) if group.weight >= 0 else None,
    }
    return {_NGINX + key: value for key, value in found.items() if value is not None}


def _rule(host: str, lines: list[_Path]) -> dict[str, Any]:
    paths = [
        {
            "path": line.path,
            "pathType": line.type,
            "backend": {
                "service": {
                    "name": line.service,
                    "port": {"name": line.port} if isinstance(line.port, str) else {"number": line.port},
                }
            },
        }
        for line in lines
    ]
    return without_absent({"host": host or None, "http": {"paths": paths}})
