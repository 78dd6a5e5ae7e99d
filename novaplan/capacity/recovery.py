"""How long it takes until a lost server or pod is replaced, from what is configured.

Redis with Sentinel and PostgreSQL with Patroni follow the bounds that were measured by killing both; pods follow their
probes, termination and the times that ``models/recovery.yaml`` assumes. Every time is a range, the sum of its terms;
what cannot recover by itself says why. Times count until clients can write again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from novaplan.capacity.recovery_model import (
    PatroniTimes,
    PodTimes,
    RecoveryModel,
    RedisTimes,
    Span,
    default_recovery_model,
)
from novaplan.topology.datastore import Cluster, Datastore, Kafka, Managed, Patroni, Sentinel
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

Scenario = Literal["killed", "silent", "stopped", "handed over", "crashed", "hung", "deleted", "node lost"]
"""What happens: to the leading server of a datastore, its process is killed, it falls silent with its node or network,
it is told to stop, it hands over as planned; to a pod of a service, its process ends, it hangs, it is deleted, its node
is lost."""
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
_PLANNED = ("stopped", "handed over", "deleted")


@dataclass(frozen=True, slots=True)
class TimeTerm:
    """One step, from ``least`` to ``most`` milliseconds."""

    what: str
    least: int
    most: int
    source: str
    """``stated`` in the topology, or where the model has it from."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "what": self.what,
            "min_milliseconds": self.least,
            "max_milliseconds": self.most,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long one component takes to recover from one loss."""

    component: str
    scenario: Scenario
    terms: tuple[TimeTerm, ...] = ()
    never: str = ""
    """Why it does not recover by itself."""
    unknown: str = ""
    """Why it is not known whether and when it recovers."""

    @property
    def planned(self) -> bool:
        """Somebody does it on purpose, as in an update."""
        return self.scenario in _PLANNED

    @property
    def known(self) -> bool:
        """It recovers, and from the terms it is known when."""
        return not self.never and not self.unknown

    @property
    def least(self) -> int:
        """Milliseconds when everything goes well."""
        return sum(term.least for term in self.terms)

    @property
    def most(self) -> int:
        """Milliseconds within which it is done."""
        return sum(term.most for term in self.terms)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what is not known, or never ends, is null."""
        return {
            "component": self.component,
            "scenario": self.scenario,
            "planned": self.planned,
            "recovers": False if self.never else None if self.unknown else True,
            "min_milliseconds": self.least if self.known else None,
            "max_milliseconds": self.most if self.known else None,
            "terms": [term.to_dict() for term in self.terms],
            "reason": self.never or self.unknown,
        }


def recovery(topology: Topology, model: RecoveryModel | None = None) -> tuple[Recovery, ...]:
    """Every recovery of every component of ``topology``: services first, then datastores.

    ``model`` has the times that a topology does not state; without it ``models/recovery.yaml``. Raises what
    ``load_recovery_model`` raises.
    """
    times = model if model is not None else default_recovery_model()
    found: list[Recovery] = []
    for service in topology.services:
        found += of_service(service, times.pods)
    for store in topology.datastores:
        found += of_datastore(store, times)
    return tuple(found)


def of_datastore(store: Datastore, model: RecoveryModel) -> Iterator[Recovery]:
    """What becomes of ``store`` when its leading server is lost in each way."""
    deployment = store.deployment
    if isinstance(deployment, Sentinel):
        yield from _of_sentinel(store.name, deployment, model.redis)
    elif isinstance(deployment, Patroni):
        yield from _of_patroni(store.name, deployment, model.patroni)
    elif isinstance(deployment, Managed):
        yield Recovery(store.name, "killed", unknown="a provider runs it")
    elif isinstance(deployment, Cluster | Kafka) and store.members > 1:
        if isinstance(deployment, Cluster) and not deployment.failover:
            yield Recovery(store.name, "killed", never=f"none of its {store.members} servers takes over from another")
        else:
            yield Recovery(store.name, "killed", unknown=f"there is no model of how {store.kind} fails over")
    else:
        yield Recovery(store.name, "killed", never="there is one server, so nothing takes over until it is back")


def _of_sentinel(name: str, deployment: Sentinel, times: RedisTimes) -> Iterator[Recovery]:
    down = _stated("down_after", deployment.down_after)
    failover = (
        down,
        _term("a tick of the Sentinel", times.tick),
        _term("asking the other Sentinels", times.ask),
        _term("electing a leader and a replica", times.election),
        _term("the replica reports that it is master", times.info_poll),
        _term("the other Sentinels hear of it", times.hello),
    )
    client = _term("clients ask for the master", times.client_poll)
    silent = (_term("the last answer is not new", times.silent_loss), _term("clients give up", times.client_timeout))
    each: dict[Scenario, tuple[TimeTerm, ...]] = {
        "killed": (*failover, client),
        "silent": (*failover, *silent, client),
        "stopped": (_term("the server shuts down", times.shutdown), *failover, client),
        "handed over": (_term("pause, catch up, failover", times.handover), client),
    }
    for scenario, terms in each.items():
        never = _without_vote(deployment, scenario)
        yield Recovery(name, scenario, () if never else terms, never)


def _without_vote(deployment: Sentinel, scenario: Scenario) -> str:
    """Why the Sentinels that are left cannot fail over, or nothing."""
    if deployment.members < 2:
        return "there is no replica to take over"
    replicas, wanted = deployment.members - 2, deployment.min_replicas_to_write
    if replicas < wanted:
        return f"the new master would have {replicas} replicas, and refuses writes below {wanted}"
    lost = 0
    if scenario in ("silent", "stopped") and deployment.placement == "sidecar":
        lost = -(-deployment.sentinels // deployment.members)
    left, needed = deployment.sentinels - lost, max(deployment.quorum, deployment.sentinels // 2 + 1)
    return "" if left >= needed else f"{left} of {deployment.sentinels} Sentinels are left and {needed} must agree"


def _of_patroni(name: str, deployment: Patroni, times: PatroniTimes) -> Iterator[Recovery]:
    ttl, wait = deployment.ttl, min(deployment.loop_wait, deployment.ttl)
    failover = (
        TimeTerm("the lease runs out (ttl less loop_wait to ttl)", ttl - wait, ttl, "stated"),
        _term("a standby sees it", times.lease_scan),
        _term("the standbys compare", times.race),
        _term("promotion", times.promote),
    )
    proxy = TimeTerm(
        "the proxy's checks",
        (times.proxy_rise - 1) * times.proxy_interval,
        times.proxy_rise * times.proxy_interval,
        times.proxy_source,
    )
    retry = _term("clients connect again", times.client_retry)
    planned = (_term("the leader gives up its lease", times.handover), proxy, retry)
    never = "" if deployment.members > 1 else "there is no standby to take over"
    each: dict[Scenario, tuple[TimeTerm, ...]] = {
        "killed": (*failover, proxy, retry),
        "silent": (*failover, proxy, retry),
        "stopped": planned,
        "handed over": planned,
    }
    for scenario, terms in each.items():
        etcd = deployment.etcd.members if deployment.etcd is not None and scenario == "silent" else 3
        why = never or (
            "" if etcd > 2 else f"a node may take one of {etcd} etcd members along, and the majority with it"
        )
        yield Recovery(name, scenario, () if why else terms, why)


def of_service(service: Service, times: PodTimes) -> Iterator[Recovery]:
    """What becomes of a pod of ``service`` that is lost in each way."""
    ready = (_term("the process starts", times.container_start), *_until_ready(service))
    placed = (_term("scheduling", times.schedule), _term("image pull", times.image_pull), *ready)
    restart = (_term("the kubelet restarts it", times.restart), *ready)
    yield Recovery(service.name, "crashed", restart)
    main = service.main
    probe = main.probes.liveness if main is not None else None
    if probe is None:
        yield Recovery(service.name, "hung", never="no liveness probe looks whether it answers")
    else:
        noticed = TimeTerm(
            "liveness probe fails",
            (probe.failure_threshold - 1) * probe.period,
            probe.failure_threshold * probe.period + probe.timeout,
            "stated",
        )
        stopped = TimeTerm("it is told to stop", 0, service.termination.grace, "stated")
        yield Recovery(service.name, "hung", (noticed, stopped, *restart))
    # A lone pod, and no other kind of workload, has nobody who makes another one.
    never = "nothing replaces a pod that belongs to no workload" if service.workload == "pod" else ""
    lost = (_term("the node is seen to be gone", times.node_detection), _term("its pods are evicted", times.eviction))
    yield Recovery(service.name, "deleted", () if never else placed, never)
    if service.workload == "daemonset":
        never = "a pod of a daemon set belongs to its node"
    elif service.workload == "statefulset":
        never = "a stateful set keeps the name of a pod until somebody says that its node is gone"
    yield Recovery(service.name, "node lost", () if never else (*lost, *placed), never)


def _until_ready(service: Service) -> Iterator[TimeTerm]:
    """What the probes of the main container add to the time its process takes to answer."""
    main = service.main
    if main is None:
        return
    startup, readiness = main.probes.startup, main.probes.readiness
    begun = 0
    if startup is not None:
        begun = startup.initial_delay
        yield TimeTerm("startup probe", startup.initial_delay, startup.initial_delay + startup.period, "stated")
    if readiness is not None:
        # Both delays count from the start of the container.
        delay = max(0, readiness.initial_delay - begun)
        more = (readiness.success_threshold - 1) * readiness.period
        yield TimeTerm("readiness probe", delay + more, delay + more + readiness.period, "stated")


def _term(what: str, span: Span) -> TimeTerm:
    return TimeTerm(what, span.min, span.max, f"{span.basis}: {span.source}")


def _stated(what: str, milliseconds: int) -> TimeTerm:
    return TimeTerm(what, milliseconds, milliseconds, "stated")
