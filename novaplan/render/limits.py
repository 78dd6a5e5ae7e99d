"""What Kubernetes would refuse, told before anything is written: one line for each problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from novaplan.errors import InputError, Problem
from novaplan.render.context import Context, address_of
from novaplan.render.manifests import Manifest, identity
from novaplan.render.network.ingress import shares
from novaplan.render.network.old_names import is_service_name
from novaplan.render.network.services import entrances, route_port
from novaplan.render.workloads.controllers import is_zero
from novaplan.render.workloads.probes import probe_port
from novaplan.render.workloads.variables import is_hidden
from novaplan.topology import parts
from novaplan.topology.service import Container, EnvVar, Service
from novaplan.topology.wiring import Route

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_VARIABLE = re.compile(r"[!-<>-~]+")
_FIELD = re.compile(
    r"metadata\.(name|namespace|uid)|metadata\.(labels|annotations)\['[^']+'\]|spec\.(nodeName|serviceAccountName)"
    r"|status\.(hostIPs?|podIPs?)|(requests|limits)\.(cpu|memory|ephemeral-storage|hugepages-.+)"
)
_SHORT: Final = {"StatefulSet": 52, "CronJob": 52, "Job": 63, "Deployment": 253, "ReplicaSet": 253}
"""Where it is less than the 253 characters of all names: the pods' labels add to the name, and hold 63."""
_MOST_BACKENDS: Final = 2


def require(context: Context) -> None:
    """Raise InputError with everything of a topology that no object could hold."""
    problems = [problem for service in context.topology.services for problem in _service(service)]
    problems += [problem for route in context.topology.routes for problem in _route(context, route)]
    problems += [
        Problem(
            f"{' and '.join(sorted(behind))} both publish it; choose another, or a route that leads to one",
            field=f"port {number}",
        )
        for (_, number, _), behind in context.once(entrances).items()
        if len(behind) > 1
    ]
    if problems:
        raise InputError(problems)


def require_objects(manifests: Iterable[Manifest]) -> None:
    """Raise InputError for objects with names that Kubernetes refuses, for two that would be one, and for Services that
    would take one port from the nodes."""
    problems: list[Problem] = []
    seen: set[tuple[str, str, str, str]] = set()
    published: dict[tuple[int, str], str] = {}
    for item in manifests:
        own = identity(item)
        shown = f"{item['kind']} {item['metadata']['name']}"
        if own in seen:
            message = f"two parts of the system would both be the {shown}; rename one of them"
            problems.append(Problem(message, field=own[2] or None))
        seen.add(own)
        problems += [Problem(message, field=shown) for message in _name(item)]
        problems += _published(item, shown, published)
    if problems:
        raise InputError(problems)


def _name(item: Manifest) -> Iterator[str]:
    name, kind = item["metadata"]["name"], item["kind"]
    longest = _SHORT.get(kind, 253)
    if kind == "Service":
        if not is_service_name(name):
            yield "a Service's name starts with a letter and has at most 63 lower-case letters, digits and '-'"
    elif not _SUBDOMAIN.fullmatch(name):
        yield "is not a name Kubernetes accepts: lower-case letters, digits, '-' and '.'"
    elif len(name) > longest:
        yield f"has {len(name)} characters, of which Kubernetes takes {longest} here; choose a shorter name"


def _published(item: Manifest, shown: str, published: dict[tuple[int, str], str]) -> Iterator[Problem]:
    """Ports of the nodes are the whole cluster's; each load balancer has its own."""
    spec = item.get("spec", {}) if item["kind"] == "Service" else {}
    for port in spec.get("ports") or ():
        if (number := port.get("nodePort")) is not None:
            own = f"{shown} of namespace {item['metadata'].get('namespace', 'none')}"
            owner = published.setdefault((number, port.get("protocol", "TCP")), own)
            if owner != own:
                yield Problem(f"{owner} publishes node port {number} already; choose another", field=shown)


def _service(service: Service) -> Iterator[Problem]:
    own = address_of(service)
    if service.workload == "deployment" and service.rollout.strategy == "rolling":
        amounts = (service.rollout.max_surge, service.rollout.max_unavailable)
        if all(map(is_zero, amounts)):
            message = "max_surge and max_unavailable are both 0, so no pod could ever be replaced; raise one"
            yield Problem(message, field=f"{own}.rollout")
    for container in service.containers:
        place = parts.address("container", service.name, container.name)
        yield from (Problem(message, field=f"{place}.probes.{kind}") for kind, message in _probes(service, container))
        for variable in container.env:
            for message in _variable(variable):
                yield Problem(message, field=f"{place}.env.{variable.name}")


def _probes(service: Service, container: Container) -> Iterator[tuple[str, str]]:
    for kind in ("startup", "readiness", "liveness"):
        probe = getattr(container.probes, kind)
        if probe is None or container.kind == "init":
            continue
        if probe.type == "exec":
            if not probe.command:
                yield kind, "runs no command; state one, or another type of probe"
        elif probe_port(service.ports, probe) is None:
            known = ", ".join(port.name for port in service.ports) or "none"
            asked = f"port {probe.port!r}" if probe.port is not None else "a port"
            yield kind, f"asks {asked}, which {service.name} does not have; its ports are {known}"


def _variable(variable: EnvVar) -> Iterator[str]:
    if not _VARIABLE.fullmatch(variable.name):
        yield "is no name of a variable: use printable ASCII without '='"
    elif is_hidden(variable) and not _KEY.fullmatch(variable.name):
        yield "has no value, and cannot be a key of a Secret either: those have letters, digits, '-', '_' and '.' only"
    for reference in (variable.secret, variable.config):
        if reference is not None:
            if not _SUBDOMAIN.fullmatch(reference.name):
                yield f"comes from {reference.name!r}, which is no name of a Secret or ConfigMap"
            if not _KEY.fullmatch(reference.key):
                yield f"comes from the key {reference.key!r}; keys have letters, digits, '-', '_' and '.' only"
    stated = variable.secret is None and variable.config is None
    if stated and variable.field is not None and not _FIELD.fullmatch(variable.field):
        yield f"is {variable.field!r}, which is no field of a pod that a variable can have"


def _route(context: Context, route: Route) -> Iterator[Problem]:
    own = parts.route_address(route)
    services = context.topology.service
    if route.via is None and len(shares(route)) > _MOST_BACKENDS:
        yield Problem("has more than two backends; an Ingress can share traffic between two", field=own)
    if route.via is None and route.path is None and len(shares(route)) > 1:
        yield Problem("is a plain port with several backends; a Service leads to one", field=own)
    ends = [(route.via, None)] if route.via else [(backend.service, backend.port) for backend, _ in shares(route)]
    for name, port in ends:
        if route_port(services[name], port) is None:
            listed = ", ".join(item.name for item in services[name].ports) or "none"
            message = f"leads to port {port or 'http'!r} of {name}, which does not have it; its ports are {listed}"
            yield Problem(message, field=own)
