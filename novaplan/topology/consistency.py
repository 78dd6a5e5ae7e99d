"""Whether the parts of a topology fit each other.

Only what makes a topology meaningless is an error here: a name that two things own, an edge to nothing, bounds that
exclude each other, a start order that cannot start. What is merely unwise or contradictory must load, so that
``novaplan check`` can report it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from novaplan.errors import Problem, TopologyError, nearest
from novaplan.topology.base import duplicates
from novaplan.topology.datastore import Datastore, Managed, Sentinel
from novaplan.topology.service import DisruptionBudget, Service

if TYPE_CHECKING:
    from novaplan.topology.system import Topology

Path = tuple[str | int, ...]
"""A number is the position in a collection of the topology; what stands in smaller ones is told by its name, since
those are in order already."""
Finding = tuple[Path, str]

IDENTITY: dict[str, Callable[[Any], Any]] = {
    "namespaces": lambda item: item.name,
    "services": lambda item: item.name,
    "datastores": lambda item: item.name,
    "externals": lambda item: item.name,
    "dependencies": lambda item: item.key,
    "routes": lambda item: item.key,
    "secrets": lambda item: (item.namespace or "", item.name),
    "unmodelled": lambda item: (item.kind, item.namespace or "", item.name),
}
"""What tells the items of each collection apart; also the order they are kept in."""

MOST_HINTS = 100
"""To look for the nearest name takes milliseconds; thousands of dependencies may lack their end."""
_PERCENT = re.compile(r"(100|[0-9]{1,2})%")


class InconsistentError(TopologyError):
    """The parts of a topology do not fit each other. ``findings`` holds the path of each problem in the document."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__([Problem(message, field=".".join(map(str, path))) for path, message in findings])


def require(topology: Topology) -> None:
    """Raise ``InconsistentError`` with every problem, or return."""
    findings = [
        *_unique(topology),
        *_namespaces(topology),
        *_services(topology),
        *_datastores(topology),
        *_dependencies(topology),
        *_routes(topology),
        *_secrets(topology),
        *_lineage(topology),
    ]
    # A start order can only be judged when the names in it are known to exist.
    findings = findings or list(_start_order(topology))
    if findings:
        raise InconsistentError(findings)


def _unique(topology: Topology) -> Iterator[Finding]:
    for collection, key in IDENTITY.items():
        for index, value in duplicates(getattr(topology, collection), key):
            yield (collection, index), f"{_readable(value)} is declared twice; keep one"
    owners: dict[str, str] = {}
    for collection in ("services", "datastores", "externals"):
        for index, item in enumerate(getattr(topology, collection)):
            owner = owners.setdefault(item.name, collection)
            if owner != collection:
                message = f"{item.name!r} is already the name of one of the {owner}; names are shared by all three"
                yield (collection, index, "name"), message


def _namespaces(topology: Topology) -> Iterator[Finding]:
    known = {namespace.name for namespace in topology.namespaces}
    for collection in ("services", "datastores", "secrets"):
        for index, item in enumerate(getattr(topology, collection)):
            if item.namespace is not None and item.namespace not in known:
                hint = nearest(item.namespace, known) or "; declare it under namespaces"
                yield (collection, index, "namespace"), f"there is no namespace {item.namespace!r}{hint}"


def _services(topology: Topology) -> Iterator[Finding]:
    names = frozenset(item.name for group in (topology.services, topology.datastores) for item in group)
    for index, service in enumerate(topology.services):
        place: Path = ("services", index)
        for message, field in _service(service):
            yield (*place, *field), message
        for target in service.startup.wait_for:
            if target not in names:
                yield (*place, "startup", "wait_for"), _unknown("service or datastore", target, names)


def alone(part: object) -> Iterator[tuple[str, Path]]:
    """What is wrong with a service or datastore by itself, and in which field."""
    if isinstance(part, Service):
        yield from _service(part)
    elif isinstance(part, Datastore):
        yield from _datastore(part)


def _service(service: Service) -> Iterator[tuple[str, Path]]:
    scaling = service.autoscaling
    if scaling is not None and scaling.min > scaling.max:
        yield f"min {scaling.min} is above max {scaling.max}; swap or correct them", ("autoscaling", "min")
    for field in ("ports", "containers", "flags", "volumes", "codebases"):
        for _, name in duplicates(getattr(service, field), lambda item: item.name):
            yield f"{name!r} is declared twice; keep one", (field, name)
    for container in service.containers:
        for _, name in duplicates(container.env, lambda item: item.name):
            yield f"variable {name!r} is declared twice; keep one", ("containers", container.name, "env", name)
    mains = [container.name for container in service.containers if container.kind == "main"]
    if len(mains) > 1:
        message = f"{' and '.join(mains)} are both of kind main; one service has one main container"
        yield message, ("containers", mains[1])
    # One number may serve TCP and UDP, and is then two ports.
    sockets = duplicates(service.ports, lambda port: (port.listens_on, port.protocol == "udp"))
    for index, _ in sockets:
        port = service.ports[index]
        yield f"port {port.listens_on} is taken by another port of this service", ("ports", port.name)
    yield from _budget(service.disruption_budget)
    for field in ("max_surge", "max_unavailable"):
        value = getattr(service.rollout, field)
        if not _is_count_or_percent(value):
            yield f"{value!r} is neither a count nor a percentage such as 25%", ("rollout", field)
    if service.termination.pre_stop > service.termination.grace:
        yield "the pause before stopping is longer than the whole grace period", ("termination", "pre_stop")


def _budget(budget: DisruptionBudget | None) -> Iterator[tuple[str, Path]]:
    if budget is None:
        return
    stated = [(name, value) for name, value in budget if value is not None]
    if len(stated) != 1:
        yield "state exactly one of min_available and max_unavailable", ("disruption_budget",)
    for name, value in stated:
        if not _is_count_or_percent(value):
            yield f"{value!r} is neither a count nor a percentage such as 50%", ("disruption_budget", name)


def _is_count_or_percent(value: int | str) -> bool:
    return bool(_PERCENT.fullmatch(value)) if isinstance(value, str) else value >= 0


def _datastores(topology: Topology) -> Iterator[Finding]:
    services = frozenset(service.name for service in topology.services)
    for index, store in enumerate(topology.datastores):
        place: Path = ("datastores", index)
        for message, field in _datastore(store):
            yield (*place, *field), message
        for owner, field in _owners(store):
            if owner not in services:
                yield (*place, *field), _unknown("service", owner, services)


def _datastore(store: Datastore) -> Iterator[tuple[str, Path]]:
    for field in ("databases", "topics", "consumer_groups", "env"):
        for _, name in duplicates(getattr(store, field), lambda item: item.name):
            yield f"{name!r} is declared twice; keep one", (field, name)
    for _, number in duplicates(store.logical_dbs, lambda item: item.index):
        yield f"logical DB {number} is declared twice; keep one", ("logical_dbs", str(number))
    for database in store.databases:
        for _, name in duplicates(database.schemas, lambda item: item.name):
            yield f"schema {name!r} is declared twice; keep one", ("databases", database.name, "schemas", name)
    deployment = store.deployment
    if "." in store.name and not isinstance(deployment, Managed):
        yield (
            "a datastore that is deployed here has a name without dots; only a managed one may be called as its host",
            ("name",),
        )
    if isinstance(deployment, Sentinel) and deployment.quorum > deployment.sentinels:
        message = f"quorum {deployment.quorum} can never be reached by {deployment.sentinels} sentinels"
        yield message, ("deployment", "quorum")
    yield from _budget(store.disruption_budget)


def _owners(store: Datastore) -> Iterator[tuple[str, Path]]:
    for database in store.databases:
        if database.owner is not None:
            yield database.owner, ("databases", database.name, "owner")
        for schema in database.schemas:
            if schema.owner is not None:
                yield schema.owner, ("databases", database.name, "schemas", schema.name, "owner")
    for logical_db in store.logical_dbs:
        for owner in logical_db.owners:
            yield owner, ("logical_dbs", str(logical_db.index), "owners")


def _dependencies(topology: Topology) -> Iterator[Finding]:
    externals = frozenset(external.name for external in topology.externals)
    names = externals.union(item.name for group in (topology.services, topology.datastores) for item in group)
    unknown = 0
    for index, edge in enumerate(topology.dependencies):
        for end in ("client", "server"):
            name = getattr(edge, end)
            if name not in names:
                unknown += 1
                known = names if unknown <= MOST_HINTS else frozenset()
                yield ("dependencies", index, end), _unknown("service, datastore or external", name, known)
        if edge.client in externals:
            message = f"{edge.client!r} is an external; only what runs here has dependencies"
            yield ("dependencies", index, "client"), message
        if edge.client == edge.server:
            yield ("dependencies", index, "server"), f"{edge.client!r} cannot depend on itself"


def _routes(topology: Topology) -> Iterator[Finding]:
    services = frozenset(service.name for service in topology.services)
    for index, route in enumerate(topology.routes):
        place: Path = ("routes", index)
        if route.via is not None and route.via not in services:
            yield (*place, "via"), _unknown("service", route.via, services)
        for backend in route.backends:
            if backend.service not in services:
                yield (*place, "backends", backend.service, "service"), _unknown("service", backend.service, services)
        total = sum(backend.weight for backend in route.backends)
        if total != 100:
            yield (*place, "backends"), f"the weights add up to {total}, not 100"
        if route.path is None and route.listen is None:
            yield place, "state a path, or the port to listen on"


def _secrets(topology: Topology) -> Iterator[Finding]:
    for index, secret in enumerate(topology.secrets):
        for _, key in duplicates(secret.keys, lambda item: item.name):
            yield ("secrets", index, "keys", key), f"key {key!r} is declared twice; keep one"


def _lineage(topology: Topology) -> Iterator[Finding]:
    if topology.lineage is not None:
        for _, part in duplicates(topology.lineage.parts, lambda item: item.part):
            yield ("lineage", "parts", part), f"{part!r} already has its fate; a part has one"


def _start_order(topology: Topology) -> Iterator[Finding]:
    tiers = {store.name: store.startup_tier for store in topology.datastores}
    tiers |= {service.name: service.startup.tier for service in topology.services}
    # By name, so that of several circles the same one is found whatever the order of the file.
    waits = {service.name: service.startup.wait_for for service in sorted(topology.services, key=lambda it: it.name)}
    for index, service in enumerate(topology.services):
        place: Path = ("services", index, "startup", "wait_for")
        own = service.startup.tier
        for target in service.startup.wait_for:
            other = tiers[target]
            if own is not None and other is not None and other > own:
                yield place, f"{service.name} is in tier {own} but waits for {target} of the later tier {other}"
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        # The sorter may enter a circle anywhere; it is told from its first name, so that the message never varies.
        start = circle.index(min(circle))
        # Each entry of it is awaited by the next one; people read it the other way round: who waits for whom.
        names = [circle[start], *reversed(circle[:start]), *reversed(circle[start + 1 : -1])]
        positions = {service.name: index for index, service in enumerate(topology.services)}
        text = " -> ".join([*names, names[0]])
        yield ("services", positions[names[0]], "startup", "wait_for"), f"nothing of this circle can start: {text}"


@lru_cache(maxsize=256)  # one name that is gone is often missed in thousands of places
def _unknown(what: str, name: str, known: frozenset[str]) -> str:
    return f"there is no {what} {name!r}{nearest(name, known)}"


def _readable(key: Any) -> str:
    return repr(key) if isinstance(key, str) else repr(" ".join(str(item) for item in key if item != ""))
