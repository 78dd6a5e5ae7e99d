"""What a topology requests: pods, CPU, memory and storage, per component and in all, as exact integers.

A pod counts as the Kubernetes scheduler counts it: its containers and native sidecars run together; each init container
runs before them, beside the native sidecars; the larger of the two is what the pod takes. A container without a request
but with a limit requests its limit, as the API server fills it in. A figure that is not stated counts 0 and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import reduce
from typing import Any, Literal

from novaplan.topology.datastore import Datastore, Patroni, Sentinel
from novaplan.topology.service import Container, Resources, Service
from novaplan.topology.system import Topology

ComponentKind = Literal["service", "datastore", "helper"]


@dataclass(frozen=True, slots=True)
class Amounts:
    """What something takes in all. CPU in millicores, memory and storage in bytes."""

    pods: int = 0
    cpu_request_millicores: int = 0
    memory_request_bytes: int = 0
    cpu_limit_millicores: int = 0
    memory_limit_bytes: int = 0
    storage_bytes: int = 0

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(getattr(self, name) + getattr(other, name) for name in FIGURES))

    def __mul__(self, times: int) -> Amounts:
        return Amounts(*(getattr(self, name) * times for name in FIGURES))

    def to_dict(self) -> dict[str, int]:
        """The figures by name."""
        return {name: getattr(self, name) for name in FIGURES}


FIGURES = tuple(field.name for field in fields(Amounts))
"""The names of the figures, in the order they are shown."""

_COMPUTE = FIGURES[1:5]


@dataclass(frozen=True, slots=True)
class Component:
    """One component and what all of its pods take."""

    name: str
    """A service, a datastore, or a helper as ``postgres/etcd``."""
    kind: ComponentKind
    amounts: Amounts
    optional: bool = False
    """The system is complete without it."""
    unstated: tuple[str, ...] = ()
    """Figures that at least one of its containers does not state; such a container counts 0 there."""

    def to_dict(self) -> dict[str, Any]:
        """The component with its figures beside its name."""
        about = {"name": self.name, "kind": self.kind, "optional": self.optional}
        return {**about, **self.amounts.to_dict(), "unstated": list(self.unstated)}


@dataclass(frozen=True, slots=True)
class Totals:
    """What a topology takes at its current replica counts, optional components included."""

    topology: str
    """Name of the topology."""
    components: tuple[Component, ...]
    total: Amounts
    unknown: tuple[str, ...] = ()
    """Components of which a CPU or memory request is not stated: the total is at least what it says."""

    @property
    def optional(self) -> Amounts:
        """The share of the total that the optional components take."""
        return _sum(item.amounts for item in self.components if item.optional)

    @property
    def required(self) -> Amounts:
        """The total without the optional components."""
        return _sum(item.amounts for item in self.components if not item.optional)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "topology": self.topology,
            "components": [component.to_dict() for component in self.components],
            "total": self.total.to_dict(),
            "optional": self.optional.to_dict(),
            "unknown": list(self.unknown),
        }


def totals(topology: Topology) -> Totals:
    """What ``topology`` takes: services first, then each datastore followed by its helpers."""
    components = (
        *map(service_component, topology.services),
        *(component for store in topology.datastores for component in datastore_components(store)),
    )
    return totals_of(topology.name, components)


def totals_of(topology: str, components: tuple[Component, ...]) -> Totals:
    """The totals of ``components``, which are those of the topology of that name."""
    requests = {name for name in _COMPUTE if "request" in name}
    unknown = tuple(component.name for component in components if requests & set(component.unstated))
    return Totals(topology, components, _sum(component.amounts for component in components), unknown)


def service_component(service: Service) -> Component:
    """What a service takes at its current replica count."""
    per_pod, unstated = pod_amounts(service.containers)
    storage = sum(_known(item.size) * (service.replicas if item.per_replica else 1) for item in service.volumes)
    amounts = per_pod * service.replicas + Amounts(storage_bytes=storage)
    return Component(service.name, "service", amounts, service.optional, unstated if service.replicas else ())


def datastore_components(store: Datastore) -> Iterator[Component]:
    """The data members of a datastore, then each of its helpers."""
    deployment = store.deployment
    data = _pods(store.name, "datastore", store.members, store.resources, store.storage, optional=store.optional)
    helpers: list[Component] = []
    if isinstance(deployment, Sentinel):
        beside = deployment.placement == "sidecar"
        name = store.name if beside else f"{store.name}/sentinel"
        sentinels = _pods(name, "helper", deployment.sentinels, deployment.sentinel_resources, optional=store.optional)
        if beside:
            data = _inside(data, sentinels)
        else:
            helpers.append(sentinels)
    if isinstance(deployment, Patroni) and deployment.etcd is not None:
        etcd = deployment.etcd
        name = f"{store.name}/etcd"
        helpers.append(_pods(name, "helper", etcd.members, etcd.resources, etcd.storage, optional=store.optional))
    pooler, proxy = store.connections.pooler, proxy_of(store)
    if pooler is not None:
        name = f"{store.name}/pooler"
        poolers = _pods(name, "helper", pooler.instances, pooler.resources, optional=store.optional)
        helpers.append(_beside(poolers, proxy))
    else:
        data = _beside(data, proxy)
    yield data
    yield from helpers


def proxy_of(store: Datastore) -> Resources | None:
    """What the proxy that finds the leader takes, in each pod of the pooler or else of a member; None where no proxy
    runs: with its lease in the Kubernetes API Patroni labels its pods, and a Service picks the leader."""
    deployment = store.deployment
    return deployment.proxy_resources if isinstance(deployment, Patroni) and deployment.etcd is not None else None


def pod_amounts(containers: Iterable[Container]) -> tuple[Amounts, tuple[str, ...]]:
    """What one pod with these containers takes, and the figures that some container leaves unstated.

    Init containers are gone once the pod runs: one that states nothing changes nothing as long as it needs no more than
    the others, so it leaves no figure unstated.
    """
    known = tuple(containers)
    if not known:
        return Amounts(pods=1), _COMPUTE
    running = [item for item in known if item.kind != "init"] or known
    found = {name: _effective(known, _FIGURE[name]) for name in _COMPUTE}
    unstated = tuple(name for name in _COMPUTE if any(_FIGURE[name](item.resources) is None for item in running))
    return Amounts(pods=1, **found), unstated


def container_amount(resources: Resources, figure: str) -> int | None:
    """What one container takes of ``figure``, a CPU or memory figure by name; None where it states nothing."""
    return _FIGURE[figure](resources)


def _effective(containers: tuple[Container, ...], figure: Callable[[Resources], int | None]) -> int:
    """Native sidecars start in order among the init containers; that order is not kept in a topology, so all of them
    are taken to run beside each init container."""
    by_kind = dict.fromkeys(("main", "sidecar", "native-sidecar"), 0)
    first = 0
    for container in containers:
        amount = _known(figure(container.resources))
        if container.kind == "init":
            first = max(first, amount)
        else:
            by_kind[container.kind] += amount
    return max(sum(by_kind.values()), first + by_kind["native-sidecar"])


def _known(value: int | None) -> int:
    return value or 0


def _first_stated(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


_FIGURE: dict[str, Callable[[Resources], int | None]] = {
    "cpu_request_millicores": lambda item: _first_stated(item.requests.cpu, item.limits.cpu),
    "memory_request_bytes": lambda item: _first_stated(item.requests.memory, item.limits.memory),
    "cpu_limit_millicores": lambda item: item.limits.cpu,
    "memory_limit_bytes": lambda item: item.limits.memory,
}


def _pods(
    name: str,
    kind: ComponentKind,
    count: int,
    resources: Resources,
    storage: int | None = None,
    *,
    optional: bool,
) -> Component:
    stated = {figure: _FIGURE[figure](resources) for figure in _COMPUTE}
    one = Amounts(pods=1, storage_bytes=_known(storage), **{figure: _known(value) for figure, value in stated.items()})
    unstated = tuple(figure for figure, value in stated.items() if value is None) if count else ()
    return Component(name, kind, one * count, optional, unstated)


def _inside(data: Component, sidecars: Component) -> Component:
    """``data`` with ``sidecars`` in its pods: their requests count, pods of their own there are none."""
    amounts = data.amounts + sidecars.amounts + Amounts(pods=-sidecars.amounts.pods)
    unstated = tuple(name for name in _COMPUTE if name in data.unstated or name in sidecars.unstated)
    return Component(data.name, data.kind, amounts, data.optional, unstated)


def _beside(component: Component, resources: Resources | None) -> Component:
    """``component`` with one more container in each of its pods."""
    if resources is None:
        return component
    pods = component.amounts.pods
    return _inside(component, _pods(component.name, "helper", pods, resources, optional=component.optional))


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    return reduce(Amounts.__add__, amounts, Amounts())
