"""Routes, secrets, namespaces and unmodelled objects of a draft, as a topology has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from novaplan.importers import naming
from novaplan.importers.components import place
from novaplan.importers.draft import Backend, Draft, NamedObject, Note, Route
from novaplan.importers.hosts import Hosts
from novaplan.importers.secrecy import Secrets, names_secret
from novaplan.topology.service import Service
from novaplan.topology.wiring import Backend as RouteBackend
from novaplan.topology.wiring import Namespace, Secret, SecretKey, Unmodelled
from novaplan.topology.wiring import Route as TopologyRoute

_HOST = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_PATH = re.compile(r"/[^\s\x00-\x1f\x7f]*")
_GENERATED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])\S{8}")


def secret_values(draft: Draft) -> Secrets:
    """The values of secrets that must not come out of the draft anywhere. Short ones stand in too many places."""
    values: set[str] = set()
    named: set[str] = set()
    open_to_all = {host for workload in draft.workloads for host in workload.hosts}
    containers = [container for workload in draft.workloads for container in workload.containers]
    for setting in (setting for container in containers for setting in container.settings if setting.text):
        text = setting.text or ""
        if setting.secret is not None:
            values.add(text)
        elif setting.source == "env":
            (named if names_secret(setting.name) else open_to_all).add(text)
    # A password that is a plain word, or the name of a database too, hides nothing and would blank out the rest.
    values |= {text for text in named if _GENERATED.match(text) or (text not in open_to_all and not text.isalpha())}
    return Secrets(values)


def namespaces(draft: Draft) -> tuple[Namespace, ...]:
    """The namespaces that are declared, and those that objects name."""
    found = {item.name: Namespace(name=item.name, declared=(place(item.where),)) for item in draft.namespaces}
    for group in (draft.workloads, draft.secrets, draft.unmodelled):
        for item in group:
            if item.namespace is not None and item.namespace not in found:
                found[item.namespace] = Namespace(name=item.namespace)
    return tuple(found.values())


def secrets(draft: Draft, notes: list[Note]) -> tuple[Secret, ...]:
    """Secrets with the names of their keys."""
    found: dict[tuple[str | None, str], Secret] = {}
    for secret in draft.secrets:
        keys = [key for key in dict.fromkeys(secret.keys) if naming.is_label(key)]
        name = naming.host_name(secret.name)
        if (secret.namespace, name) in found:
            notes.append(
                Note("uncertain", f"secret {name} is declared more than once; the last one counts", secret.where)
            )
        found[secret.namespace, name] = Secret(
            name=name,
            namespace=secret.namespace,
            type=secret.type,
            keys=tuple(SecretKey(name=key) for key in keys),
            declared=(place(secret.where),),
        )
    return tuple(found.values())


def unmodelled(draft: Draft) -> tuple[Unmodelled, ...]:
    """What the model has no place for, by name."""
    found: dict[tuple[str, str | None, str], NamedObject] = {}
    for item in draft.unmodelled:
        if naming.is_label(item.kind) and naming.is_label(item.name):
            found[item.kind, item.namespace, item.name] = item
    return tuple(
        Unmodelled(
            kind=item.kind,
            name=item.name,
            api_version=item.api_version,
            namespace=item.namespace,
            declared=(place(item.where),),
        )
        for item in found.values()
    )


def routes(
    draft: Draft, hosts: Hosts, names: Sequence[str], services: Iterable[Service], notes: list[Note]
) -> tuple[TopologyRoute, ...]:
    """Routes whose backends are services here; the others are reported."""
    by_name = {service.name: service for service in services}
    found: dict[tuple[str, ...], TopologyRoute] = {}
    told: set[str] = set()
    for route in draft.routes:
        shown = (route.host or "*") + (route.path or (f":{route.listen}" if route.listen else "/"))
        backends = _backends(route, hosts, names, by_name, notes, told)
        if backends is None:
            listed = ", ".join(backend.host for backend in route.backends) or "no backend"
            message = f"route {shown} leads to {listed}, which is no service here"
            notes.append(Note("left out", message, route.where))
            continue
        made = _route(route, backends)
        if made is None:
            notes.append(Note("left out", f"route {shown} has a host or path that no client can ask for", route.where))
        elif made.key in found:
            notes.append(
                Note("uncertain", f"route {shown} is declared more than once; the first one counts", route.where)
            )
        else:
            found[made.key] = made
    return tuple(found.values())


def _route(route: Route, backends: tuple[RouteBackend, ...]) -> TopologyRoute | None:
    path = route.path if route.path is not None or route.listen is not None else "/"
    if path is not None and not _PATH.fullmatch(path):
        return None
    if route.host is not None and (len(route.host) > 253 or not _HOST.fullmatch(route.host)):
        return None
    return TopologyRoute(
        host=route.host,
        path=path,
        match=route.match,
        protocol=route.protocol,
        listen=route.listen,
        tls=route.tls,
        tls_secret=route.tls_secret if naming.is_label(route.tls_secret) else None,
        rewrite=route.rewrite,
        backends=backends,
        declared=(place(route.where),),
    )


def _backends(
    route: Route, hosts: Hosts, names: Sequence[str], services: dict[str, Service], notes: list[Note], told: set[str]
) -> tuple[RouteBackend, ...] | None:
    """What answers, with shares that add up to 100; None when something that should answer is no service here."""
    found: dict[tuple[str, str], int] = {}
    for backend in route.backends:
        answer = hosts.answer(backend.host.lower(), route.namespace)
        reached = [services[names[index]] for index in answer.workloads if names[index] in services]
        if not reached:
            return None
        if answer.doubt and answer.doubt not in told:
            told.add(answer.doubt)
            notes.append(Note("uncertain", answer.doubt, route.where))
        for service in reached:
            key = (service.name, _port(service, backend))
            found[key] = found.get(key, 0) + max(backend.weight, 0) * 1000 // len(reached)
    if not found:
        return None
    total = sum(found.values())
    shares = [weight * 100 // total if total else 0 for weight in found.values()]
    # Whole shares of three equal backends add up to 99; the first ones take what is left.
    for position in range(100 - sum(shares)):
        shares[position % len(shares)] += 1
    pairs = zip(found, shares, strict=True)
    return tuple(RouteBackend(service=service, port=port, weight=share) for (service, port), share in pairs)


def _port(service: Service, backend: Backend) -> str:
    for port in service.ports:
        if backend.port in (port.name, port.port):
            return port.name
    for port in service.ports:
        if backend.port == port.listens_on:
            return port.name
    if backend.port is not None and naming.is_label(str(backend.port)):
        return str(backend.port)
    return service.ports[0].name if service.ports else "http"
