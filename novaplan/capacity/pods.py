"""Every pod a topology runs, as the scheduler of Kubernetes sees it: what it requests, and what it keeps away from.

A pod requests what ``totals.pod_amounts`` says: its containers and native sidecars together, or the largest init
container beside the native sidecars when that is more. What a topology does not state about helpers is taken so:

- etcd members and separate Sentinels vote, so they keep away from each other as the members of their datastore do;
- poolers do not vote: where the datastore's members spread, poolers prefer to;
- a volume is a claim when its size is stated; a claim that several pods share must be ReadWriteMany, so it is a network
  file system, which belongs to no zone and takes no place among a node's volumes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from novaplan.capacity.totals import ComponentKind, pod_amounts, proxy_of
from novaplan.topology.base import replace
from novaplan.topology.datastore import Cluster, Datastore, Kafka, Patroni, Sentinel
from novaplan.topology.service import Container, DisruptionBudget, Resources, Service, Spread
from novaplan.topology.system import Topology

Count = Literal["minimum", "current", "maximum"]
"""How many pods a service runs: at the lower bound of its autoscaling, as stated, or at the upper bound."""


ANYWHERE = Spread()
"""Pods that keep away from nothing."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many votes something needs to go on, and how many each pod has."""

    what: str
    """Who votes, as a sentence names it: ``etcd``, ``Sentinel``, ``redis``."""
    needed: int
    votes: tuple[int, ...]
    """Of each pod, by its number."""

    @property
    def total(self) -> int:
        """Every vote there is."""
        return sum(self.votes)


@dataclass(frozen=True, slots=True)
class Workload:
    """What the pods of one component have in common."""

    name: str
    """A service, a datastore, or a helper as ``postgres/etcd``."""
    kind: ComponentKind
    spread: Spread = ANYWHERE
    budget: DisruptionBudget | None = None
    quorums: tuple[Quorum, ...] = ()
    everywhere: bool = False
    """A DaemonSet: one pod on each node, however many nodes there are."""
    optional: bool = False
    unstated: bool = False
    """Some container states no CPU or no memory request; it counts 0 there."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod. CPU in millicores, memory and storage in bytes."""

    workload: Workload
    number: int
    cpu_request_millicores: int
    memory_request_bytes: int
    volumes: int = 0
    """Claims of its own that a node must attach; once made, they bind the pod to the zone they are in."""
    storage_bytes: int = 0
    """What those claims hold."""

    @property
    def component(self) -> str:
        """The component it belongs to, which is also its label."""
        return self.workload.name

    @property
    def name(self) -> str:
        """``api-0``."""
        return f"{self.workload.name}-{self.number}"


def pods(
    topology: Topology, count: Count = "current", *, optional: bool = True, surge: bool = False
) -> tuple[Pod, ...]:
    """Every pod that ``topology`` runs: services first, then each datastore followed by its helpers.

    ``count`` says how far its services are scaled, ``optional`` whether components that the system is complete without
    run. ``surge`` adds the pods that a rolling update of every service at once starts before it stops the old ones. A
    DaemonSet gives one pod, whose ``workload.everywhere`` says that each node has its like.
    """
    found: list[Pod] = []
    for service in topology.services:
        if optional or not service.optional:
            found.extend(_of_service(service, count, surge=surge))
    for store in topology.datastores:
        if optional or not store.optional:
            found.extend(_of_datastore(store))
    return tuple(found)


def pods_of_both(
    current: Topology, target: Topology, count: Count = "current", *, optional: bool = True, surge: bool = False
) -> tuple[Pod, ...]:
    """Every pod while both sides run, as at the peak of a migration. A component that runs alike on both sides is
    there once; one of the target whose name means something else in the current one is called ``TOPOLOGY:name``."""
    mine = {part.name: _running(part) for part in _parts(current)}
    shared = {part.name for part in _parts(target) if mine.get(part.name) == _running(part)}
    side = target.name if target.name != current.name else "other"
    found = list(pods(current, count, optional=optional, surge=surge))
    for pod in pods(target, count, optional=optional, surge=surge):
        owner = pod.component.partition("/")[0]
        if owner not in shared:
            found.append(_renamed(pod, f"{side}:{pod.component}") if owner in mine else pod)
    return tuple(found)


def _parts(topology: Topology) -> tuple[Service | Datastore, ...]:
    return (*topology.services, *topology.datastores)


def _renamed(pod: Pod, name: str) -> Pod:
    return dataclasses.replace(pod, workload=dataclasses.replace(pod.workload, name=name))


def _running(part: Service | Datastore) -> Service | Datastore:
    """A component without what does not change its pods: descriptions, owners, and where it was declared."""
    if isinstance(part, Service):
        return replace(part, description="", team=None, codebases=(), declared=())
    return replace(
        part,
        description="",
        databases=(),
        logical_dbs=(),
        topics=(),
        consumer_groups=(),
        startup_tier=None,
        declared=(),
    )


def _of_service(service: Service, count: Count, *, surge: bool) -> Iterator[Pod]:
    amounts, unstated = pod_amounts(service.containers)
    number = replicas(service, count)
    claims = [item.size for item in service.volumes if item.size is not None and (item.per_replica or number == 1)]
    everywhere = service.workload == "daemonset"
    workload = Workload(
        name=service.name,
        kind="service",
        spread=service.spread,
        budget=service.disruption_budget,
        everywhere=everywhere,
        optional=service.optional,
        unstated=_no_request(unstated),
    )
    extra = _surge(service, number) if surge else 0
    for index in range(1 if everywhere else number + extra):
        own = claims if index < number else [item.size for item in service.volumes if item.size and item.per_replica]
        yield Pod(workload, index, amounts.cpu_request_millicores, amounts.memory_request_bytes, len(own), sum(own))


def replicas(service: Service, count: Count) -> int:
    """Pods of ``service`` when it is scaled as ``count`` says. Autoscaling never starts what is scaled to 0, as in
    Kubernetes (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/)."""
    scaling = service.autoscaling
    if scaling is None or service.replicas == 0 or count == "current":
        return service.replicas
    return scaling.min if count == "minimum" else scaling.max


def _surge(service: Service, number: int) -> int:
    """Pods that a rolling update starts first: a percentage is rounded up, and when neither figure allows anything
    Kubernetes takes one pod away instead (``ResolveFenceposts`` of its deployment controller)."""
    if service.workload != "deployment" or service.rollout.strategy != "rolling":
        return 0
    return share_of(service.rollout.max_surge, number)


def share_of(value: int | str, number: int) -> int:
    """A count, or that percentage of ``number`` rounded up, as Kubernetes resolves both."""
    if isinstance(value, int):
        return value
    return -(-number * int(value.removesuffix("%")) // 100)


def _of_datastore(store: Datastore) -> Iterator[Pod]:
    deployment = store.deployment
    beside = isinstance(deployment, Sentinel) and deployment.placement == "sidecar"
    sidecars = _dealt(deployment.sentinels, store.members) if isinstance(deployment, Sentinel) and beside else ()
    yield from _members(store, sidecars)
    if isinstance(deployment, Sentinel) and not beside:
        votes = (1,) * deployment.sentinels
        quorum = Quorum("Sentinel", _sentinels_needed(deployment), votes)
        sentinel = (deployment.sentinel_resources,)
        yield from _helpers(store, "sentinel", sentinel, len(votes), store.spread, quorum)
    if isinstance(deployment, Patroni) and deployment.etcd is not None:
        etcd = deployment.etcd
        quorum = Quorum("etcd", etcd.members // 2 + 1, (1,) * etcd.members)
        yield from _helpers(store, "etcd", (etcd.resources,), etcd.members, store.spread, quorum, etcd.storage)
    pooler = store.connections.pooler
    if pooler is not None:
        apart = store.spread.anti_affinity != "none"
        spread = replace(store.spread, anti_affinity="preferred") if apart else ANYWHERE
        yield from _helpers(store, "pooler", (pooler.resources, *_proxies(store)), pooler.instances, spread)


def _proxies(store: Datastore) -> tuple[Resources, ...]:
    """What runs beside each pooler, or else beside each member."""
    proxy = proxy_of(store)
    return () if proxy is None else (proxy,)


def _dealt(sidecars: int, members: int) -> tuple[int, ...]:
    """Sidecars of each data pod, dealt round; their sum is what the topology states."""
    return tuple(sidecars // members + (number < sidecars % members) for number in range(members))


def _members(store: Datastore, sidecars: Sequence[int]) -> Iterator[Pod]:
    quorums = list(_quorums(store))
    if sidecars and isinstance(store.deployment, Sentinel):
        quorums.append(Quorum("Sentinel", _sentinels_needed(store.deployment), tuple(sidecars)))
    beside = store.deployment.sentinel_resources if isinstance(store.deployment, Sentinel) else Resources()
    sentinel = Container(name="sentinel", kind="sidecar", resources=beside)
    proxies = _proxies(store) if store.connections.pooler is None else ()
    data_pod = _containers(store.name, store.resources, *proxies)
    containers = [(*data_pod, *(sentinel,) * (sidecars[number] if sidecars else 0)) for number in range(store.members)]
    unstated = any(_no_request(pod_amounts(items)[1]) for items in containers)
    workload = Workload(
        name=store.name,
        kind="datastore",
        spread=store.spread,
        budget=store.disruption_budget,
        quorums=tuple(quorums),
        optional=store.optional,
        unstated=unstated,
    )
    yield from _pods(workload, len(containers), containers.__getitem__, store.storage)


def _helpers(
    store: Datastore,
    role: str,
    resources: Sequence[Resources],
    count: int,
    spread: Spread,
    quorum: Quorum | None = None,
    storage: int | None = None,
) -> Iterator[Pod]:
    containers = _containers(role, *resources)
    workload = Workload(
        name=f"{store.name}/{role}",
        kind="helper",
        spread=spread,
        quorums=(quorum,) if quorum else (),
        optional=store.optional,
        unstated=_no_request(pod_amounts(containers)[1]),
    )
    yield from _pods(workload, count, lambda _: containers, storage)


def _containers(name: str, *resources: Resources) -> tuple[Container, ...]:
    """One container for each of ``resources``, which run together."""
    return tuple(Container(name=name, kind="sidecar", resources=item) for item in resources)


def _pods(
    workload: Workload, count: int, containers: Callable[[int], Sequence[Container]], storage: int | None
) -> Iterator[Pod]:
    for number in range(count):
        amounts, _ = pod_amounts(containers(number))
        volumes = 0 if storage is None else 1
        yield Pod(workload, number, amounts.cpu_request_millicores, amounts.memory_request_bytes, volumes, storage or 0)


def _sentinels_needed(deployment: Sentinel) -> int:
    """Sentinels that must live for a failover: the quorum agrees that the master is down, a majority elects who leads
    (https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/)."""
    return max(deployment.quorum, deployment.sentinels // 2 + 1)


def _quorums(store: Datastore) -> Iterator[Quorum]:
    """What the data members themselves need to go on taking writes."""
    deployment, members = store.deployment, store.members
    if not members:
        return
    needed = 1
    if isinstance(deployment, Sentinel):
        # min-replicas-to-write: a master with fewer replicas refuses writes.
        needed = min(members, 1 + deployment.min_replicas_to_write)
    elif isinstance(deployment, Kafka):
        # At worst every broker that is lost held a replica of the same partition.
        needed = members - min(deployment.replication_factor, members) + deployment.min_insync_replicas
        needed = max(needed, members // 2 + 1 if deployment.coordination == "kraft" else 1)
    elif isinstance(deployment, Cluster):
        # Without failover there is no vote: each member that is lost takes its part of the data with it.
        needed = members // 2 + 1 if deployment.failover else 1
    yield Quorum(store.name, needed, (1,) * members)


def _no_request(unstated: Sequence[str]) -> bool:
    return any("request" in figure for figure in unstated)
