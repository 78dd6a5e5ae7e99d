"""Every figure a claim can be about, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from novaplan.capacity.claims.values import Kind, Value
from novaplan.topology.datastore import Datastore, Patroni, Sentinel
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

Part = Service | Datastore
Role = Literal["total", "per pod", "per container", "setting", "number", "recovery", "unknowable"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure."""

    name: str
    kind: Kind
    role: Role
    title: str
    """As a sentence names it."""
    of: tuple[str, ...] = ()
    """The figures of the totals that it may mean."""
    read: Callable[[Topology, Part], Value | None] | None = None
    """What one component states; None where it states nothing."""
    parts: tuple[type, ...] = (Service, Datastore)
    """The kinds of components that have it."""


FIGURES: dict[str, Figure] = {}
"""Every figure by name."""


def _add(figure: Figure) -> None:
    FIGURES[figure.name] = figure


def _totals() -> Iterator[Figure]:
    request, limit = ("cpu_request_millicores", "cpu_limit_millicores"), ("memory_request_bytes", "memory_limit_bytes")
    roles = (
        ("total", "", ""),
        ("per pod", "_per_pod", " of a pod"),
        ("per container", "_per_container", " of a container"),
    )
    for role, end, said in roles:
        for name, kind, title, of in (
            ("cpu", "millicores", "CPU", request),
            ("cpu_request", "millicores", "CPU request", request[:1]),
            ("cpu_limit", "millicores", "CPU limit", request[1:]),
            ("memory", "bytes", "memory", limit),
            ("memory_request", "bytes", "memory request", limit[:1]),
            ("memory_limit", "bytes", "memory limit", limit[1:]),
            ("storage", "bytes", "storage", ("storage_bytes",)),
        ):
            yield Figure(name + end, kind, role, title + said, of)  # type: ignore[arg-type]
    yield Figure("pods", "count", "total", "pods", ("pods",))


for _figure in _totals():
    _add(_figure)


def _setting(
    name: str, kind: Kind, title: str, *parts: type
) -> Callable[[Callable[[Topology, Part], Value | None]], None]:
    def register(read: Callable[[Topology, Part], Value | None]) -> None:
        _add(Figure(name, kind, "setting", title, read=read, parts=parts or (Service, Datastore)))

    return register


def _path(name: str, kind: Kind, title: str, kind_of_part: type, path: str) -> None:
    """A setting that stands in one field, such as ``autoscaling.min``; a field of a missing part states nothing."""

    @_setting(name, kind, title, kind_of_part)
    def _read(_topology: Topology, part: Part) -> Value | None:
        found: object = part
        for step in path.split("."):
            found = getattr(found, step, None)
        return found if isinstance(found, int | str) else None


_path("replicas", "count", "replicas", Service, "replicas")
_path("autoscaling_min", "count", "autoscaling from", Service, "autoscaling.min")
_path("autoscaling_max", "count", "autoscaling to", Service, "autoscaling.max")
_path("grace", "milliseconds", "grace", Service, "termination.grace")
_path("timeout", "milliseconds", "timeout", Service, "resilience.timeout")
_path(
    "failure_percent",
    "count",
    "breaker opens at %",
    Service,
    "resilience.circuit_breaker.failure_percent",
)
_path("retries", "count", "retries", Service, "resilience.retries.max")
_path("retry_delay", "milliseconds", "retry pause", Service, "resilience.retries.delay")
_path("connection_pool", "count", "HTTP pool", Service, "resilience.connection_pool")
_path("optional", "truth", "optional", Service, "optional")
_path("framework", "text", "framework", Service, "framework")
_path("sentinels", "count", "Sentinels", Datastore, "deployment.sentinels")
_path("quorum", "count", "quorum", Datastore, "deployment.quorum")
_path("etcd_members", "count", "etcd members", Datastore, "deployment.etcd.members")
_path("snapshots", "truth", "RDB", Datastore, "persistence.snapshots")
_path("append_only", "truth", "AOF", Datastore, "persistence.append_only")


@_setting("members", "count", "data servers", Datastore)
def _members(_topology: Topology, part: Part) -> Value | None:
    return part.members if isinstance(part, Datastore) and part.members else None


@_setting("fails_over", "truth", "fails over", Datastore)
def _fails_over(_topology: Topology, part: Part) -> Value | None:
    if not isinstance(part, Datastore) or not part.members:
        return None
    deployment = part.deployment
    replicated = isinstance(deployment, Sentinel | Patroni) or bool(getattr(deployment, "failover", False))
    return replicated and part.members > 1


@_setting("min_available", "count", "budget leaves")
def _min_available(_topology: Topology, part: Part) -> Value | None:
    found = part.disruption_budget.min_available if part.disruption_budget is not None else None
    return found if isinstance(found, int) else None


@_setting("anti_affinity", "text", "anti-affinity")
def _anti_affinity(_topology: Topology, part: Part) -> Value | None:
    return part.spread.anti_affinity


@_setting("apart", "truth", "pods apart")
def _apart(_topology: Topology, part: Part) -> Value | None:
    return part.spread.anti_affinity != "none"


@_setting("health_checks", "count", "probes", Service, Datastore)
def _health_checks(_topology: Topology, part: Part) -> Value | None:
    owner = part.main if isinstance(part, Service) else part
    if owner is None:
        return None
    found = sum(probe is not None for probe in (owner.probes.startup, owner.probes.readiness, owner.probes.liveness))
    # A datastore without probes may have some that the topology does not state; a service would state them.
    return found if found or isinstance(part, Service) else None


@_setting("schemas", "set", "schemas", Datastore)
def _schemas(_topology: Topology, part: Part) -> Value | None:
    bases = part.databases if isinstance(part, Datastore) else ()
    return frozenset(f"{base.name}.{schema.name}" for base in bases for schema in base.schemas) if bases else None


@_setting("databases", "set", "databases", Service, Datastore)
def _databases(topology: Topology, part: Part) -> Value | None:
    if isinstance(part, Datastore):
        return frozenset(base.name for base in part.databases) or None
    edges = [edge for edge in topology.dependencies if edge.client == part.name and edge.mode in ("reads", "writes")]
    kinds = {store.name: store.kind for store in topology.datastores}
    used = [edge.database for edge in edges if kinds.get(edge.server) in ("postgres", "mysql", "mariadb")]
    sure = [edge for edge in edges if edge.database in used and not edge.possible]
    return frozenset(edge.database for edge in sure if edge.database) or None


@_setting("logical_dbs", "set", "logical DBs", Service)
def _logical_dbs(topology: Topology, part: Part) -> Value | None:
    edges = (edge for edge in topology.dependencies if edge.client == part.name and not edge.possible)
    return frozenset(str(edge.logical_db) for edge in edges if edge.logical_db is not None) or None


for _name, _title in (
    ("services", "services"),
    ("optional_services", "optional"),
    ("namespaces", "namespaces"),
    ("outside", "used outside"),
):
    _add(Figure(_name, "count", "number", _title))

_add(Figure("recovery", "milliseconds", "recovery", "recovery"))
_add(Figure("replaced", "truth", "recovery", "pods replaced"))
_add(Figure("effort", "text", "unknowable", "effort"))
