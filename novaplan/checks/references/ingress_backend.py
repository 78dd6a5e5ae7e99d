"""Every route from outside leads to a Service and a port that are there.

An Ingress reaches only Services of its own namespace. For a backend that does not exist, or a port that the Service
does not list, the controller answers 503 to everybody.
Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.checks.resolving import ports
from novaplan.errors import nearest
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Backends of Ingresses and HTTPRoutes that are not there, once for each object and backend."""
    for item in cluster.of_kind("Ingress", "HTTPRoute"):
        told = set()
        for route, backend, name, port in _backends(item):
            space = text_of(backend.get("namespace")) or item.namespace
            what = _fault(cluster, space, name, port)
            if what is not None and (name, port) not in told:
                told.add((name, port))
                yield Found(
                    label(item),
                    f"{route} leads to {what}",
                    "name a Service and a port of it that are here",
                    place(item, backend),
                )


def _fault(cluster: Cluster, space: str | None, name: str, port: str | None) -> str | None:
    service = cluster.get("Service", space, name)
    if service is None:
        own = [one.name for one in cluster.of_kind("Service") if one.namespace == space]
        others = {one.namespace or DEFAULT_NAMESPACE for one in cluster.of_kind("Service") if one.name == name}
        hint = f" (there is one in {' and '.join(sorted(others))})" if others else nearest(name, own)
        return f"{name}, and namespace {space or DEFAULT_NAMESPACE} has no such Service{hint}: it answers 503"
    listed = ports(service)
    known = {text_of(entry.get(key)) for entry in listed for key in ("port", "name")}
    if port is None or port in known or text_of(service.spec.get("type")) == "ExternalName":
        return None
    shown = ", ".join(text_of(entry.get("port")) or "?" for entry in listed) or "no ports"
    return f"port {port} of {name}, which has {shown}: it answers 503"


def _backends(item: Manifest) -> Iterator[tuple[str, dict[str, Any], str, str | None]]:
    spec = item.spec
    if item.kind == "HTTPRoute":
        for rule in item.maps(spec, "rules"):
            for backend in item.maps(rule, "backendRefs"):
                if (text_of(backend.get("kind")) or "Service") == "Service":
                    yield "a rule", backend, text_of(backend.get("name")) or "", text_of(backend.get("port"))
        return
    default = item.map(spec, "defaultBackend") or item.map(spec, "backend")
    found = [("the default backend", default)] if default else []
    for rule in item.maps(spec, "rules"):
        for path in item.maps(item.map(rule, "http"), "paths"):
            shown = f"{text_of(rule.get('host')) or ''}{text_of(path.get('path')) or '/'}"
            found.append((shown, item.map(path, "backend")))
    for shown, backend in found:
        service = item.map(backend, "service")
        port = item.map(service, "port")
        name = text_of(service.get("name")) or text_of(backend.get("serviceName"))
        number = text_of(port.get("number")) or text_of(port.get("name")) or text_of(backend.get("servicePort"))
        if name:
            yield shown, backend, name, number
