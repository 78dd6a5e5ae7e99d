"""Ingresses and HTTPRoutes: what the outside reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from novaplan.importers.draft import Backend, Note, Route
from novaplan.importers.kubernetes.index import Index
from novaplan.importers.kubernetes.manifests import Manifest, line_of, text_of

Match = Literal["prefix", "exact", "regex"]

_REWRITES: Final = ("nginx.ingress.kubernetes.io/rewrite-target", "ingress.kubernetes.io/rewrite-target")
_REGEX: Final = "nginx.ingress.kubernetes.io/use-regex"
_HTTP_ROUTE_MATCHES: Final[dict[str | None, Match]] = {"Exact": "exact", "RegularExpression": "regex"}


def routes(index: Index, notes: list[Note]) -> tuple[Route, ...]:
    """Every route of the Ingresses and HTTPRoutes."""
    found: list[Route] = []
    for manifest in index.of_kind("Ingress"):
        found += _ingress(manifest, notes)
    for manifest in index.of_kind("HTTPRoute"):
        found += _http_route(manifest, notes)
    return tuple(found)


def _ingress(manifest: Manifest, notes: list[Note]) -> Iterator[Route]:
    spec = manifest.spec
    annotations = manifest.map(manifest.metadata, "annotations")
    rewrite = next((text_of(annotations[key]) for key in _REWRITES if key in annotations), None)
    regex = text_of(annotations.get(_REGEX)) == "true" or "$" in (rewrite or "")
    secrets = {
        host: text_of(item.get("secretName"))
        for item in manifest.maps(spec, "tls")
        for host in manifest.texts(item, "hosts")
    }
    default = spec.get("defaultBackend", spec.get("backend"))
    if isinstance(default, dict) and (backend := _backend(manifest, default)):
        where = manifest.where("spec.defaultBackend", line_of(default, None))
        yield Route((backend,), where, manifest.namespace, path="/")
    for rule in manifest.maps(spec, "rules"):
        host = (text_of(rule.get("host")) or "").lower() or None
        tls = host in secrets or (host is not None and f"*.{host.partition('.')[2]}" in secrets)
        secret = secrets.get(host or "") or secrets.get(f"*.{(host or '').partition('.')[2]}")
        for path in manifest.maps(manifest.map(rule, "http"), "paths"):
            where = manifest.where("spec.rules", line_of(path, None))
            backend = _backend(manifest, manifest.map(path, "backend"))
            if backend is None:
                notes.append(Note("left out", f"Ingress {manifest.name}: a path whose backend is no Service", where))
                continue
            kind = text_of(path.get("pathType"))
            match: Match = "exact" if kind == "Exact" else "regex" if regex and kind != "Prefix" else "prefix"
            text = text_of(path.get("path")) or "/"
            yield Route(
                (backend,), where, manifest.namespace, host, text, match, tls=tls, tls_secret=secret, rewrite=rewrite
            )


def _backend(manifest: Manifest, value: dict[str, Any]) -> Backend | None:
    """A backend in the form of either version."""
    service = value.get("service")
    if isinstance(service, dict):
        port = manifest.map(service, "port")
        name = text_of(service.get("name"))
        return Backend(name, _port(port.get("number", port.get("name")))) if name else None
    name = text_of(value.get("serviceName"))
    return Backend(name, _port(value.get("servicePort"))) if name else None


def _port(value: Any) -> int | str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = text_of(value)
    return int(text[:6]) if text and text.isdecimal() else text


def _http_route(manifest: Manifest, notes: list[Note]) -> Iterator[Route]:
    spec = manifest.spec
    hosts = manifest.texts(spec, "hostnames") or [""]
    for rule in manifest.maps(spec, "rules"):
        where = manifest.where("spec.rules", line_of(rule, None))
        backends = _references(manifest, rule)
        if not backends:
            notes.append(Note("left out", f"HTTPRoute {manifest.name}: a rule without a Service behind it", where))
            continue
        for match in manifest.maps(rule, "matches") or [{}]:
            path = manifest.map(match, "path")
            kind = _HTTP_ROUTE_MATCHES.get(text_of(path.get("type")), "prefix")
            text = text_of(path.get("value")) or "/"
            for host in hosts:
                yield Route(backends, where, manifest.namespace, host.lower() or None, text, kind)


def _references(manifest: Manifest, rule: dict[str, Any]) -> tuple[Backend, ...]:
    found = []
    for item in manifest.maps(rule, "backendRefs"):
        name = text_of(item.get("name"))
        if name and (text_of(item.get("kind")) or "Service") == "Service":
            namespace = text_of(item.get("namespace"))
            weight = manifest.whole(item, "weight")
            host = f"{name}.{namespace}" if namespace and namespace != manifest.namespace else name
            found.append(Backend(host, _port(item.get("port")), 1 if weight is None else weight))
    return tuple(found)
