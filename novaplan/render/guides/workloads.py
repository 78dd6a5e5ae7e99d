"""What of a rendering runs: each workload with its pods, how to find them, and how long they may take to be ready.

Everything is read off the objects themselves, so what a script waits for and a guide tells is what was rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from novaplan.capacity.recovery_model import PodTimes
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest

KINDS: Final = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")
NAME_LABEL: Final = "app.kubernetes.io/name"
_PROBE: Final = {"initialDelaySeconds": 0, "periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3}
"""Kubernetes' defaults of a probe."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload as rendered."""

    kind: str
    name: str
    namespace: str | None
    file: str
    component: str
    """The service or datastore it belongs to."""
    is_service: bool
    tier: int | None
    optional: bool
    pods: int
    """At first; of a DaemonSet 1, as there may be one node."""
    seconds: int
    """Within which all of its pods are ready, also while an update replaces them one by one."""
    labels: Mapping[str, str]
    pod: Mapping[str, Any]
    """The spec of its pods."""
    claims: tuple[str, ...]
    """Names of its claim templates."""
    apart: tuple[str, ...]
    """Topology keys of which no two pods may share a value."""

    @property
    def containers(self) -> tuple[dict[str, Any], ...]:
        """Every container of a pod, those that run first in front."""
        return (*self.pod.get("initContainers", ()), *self.pod["containers"])

    @property
    def secrets(self) -> Iterator[tuple[str, str | None, bool]]:
        """Secrets that a pod names: name, key (None is all of them), and whether it starts without."""
        for container in self.containers:
            for variable in container.get("env") or ():
                named = (variable.get("valueFrom") or {}).get("secretKeyRef")
                if named is not None:
                    yield named["name"], named["key"], named.get("optional", False)
            for source in container.get("envFrom") or ():
                if "secretRef" in source:
                    yield source["secretRef"]["name"], None, source["secretRef"].get("optional", False)
        for volume in self.pod.get("volumes") or ():
            for named in _secret_volumes(volume):
                name = named.get("secretName") or named["name"]
                keys = [item["key"] for item in named.get("items") or ()] or [None]
                for key in keys:
                    yield name, key, named.get("optional", False)

    @property
    def selector(self) -> str:
        """Its pods, as ``kubectl --selector`` takes it."""
        return ",".join(f"{key}={value}" for key, value in sorted(self.labels.items()))

    @property
    def reference(self) -> str:
        """``deployment/api``, as kubectl takes it."""
        return f"{self.kind.lower()}/{self.name}"

    def listening(self, port: int) -> str | None:
        """The container that listens on ``port``."""
        for container in self.containers:
            if any(item.get("containerPort") == port for item in container.get("ports", ())):
                return str(container["name"])
        return None


def workloads(context: Context, files: Mapping[str, list[Manifest]], times: PodTimes) -> tuple[Workload, ...]:
    """Every workload, in the order of the files: datastores as they come, services by tier and name."""
    found = [
        _workload(context, file, item, times)
        for file, items in files.items()
        for item in items
        if item["kind"] in KINDS
    ]
    last = {name: position for position, name in enumerate(files)}
    return tuple(
        sorted(
            found,
            key=lambda item: (
                item.is_service,
                -1 if item.tier is None or not item.is_service else item.tier,
                0 if item.is_service else last[item.file],
                item.name if item.is_service else "",
            ),
        )
    )


def _workload(context: Context, file: str, item: Manifest, times: PodTimes) -> Workload:
    spec, topology = item["spec"], context.topology
    template = _template(item)
    pod = template["spec"]
    component = item["metadata"]["labels"][NAME_LABEL]
    service = topology.service.get(component)
    store = topology.datastore.get(component)
    pods = _pods(item, service.autoscaling.min if service is not None and service.autoscaling is not None else 1)
    stated = service or store
    return Workload(
        kind=item["kind"],
        name=item["metadata"]["name"],
        namespace=item["metadata"].get("namespace"),
        file=file,
        component=component,
        is_service=service is not None,
        tier=service.startup.tier if service is not None else store.startup_tier if store is not None else None,
        optional=stated is not None and stated.optional,
        pods=pods,
        seconds=_seconds(item, pod, pods, times),
        labels=(spec.get("selector") or {}).get("matchLabels") or _own_labels(template),
        pod=pod,
        claims=tuple(claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", ())),
        apart=tuple(_apart(pod)),
    )


def _secret_volumes(volume: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "secret" in volume:
        yield volume["secret"]
    for source in volume.get("projected", {}).get("sources", ()):
        if "secret" in source:
            yield source["secret"]


def _template(item: Manifest) -> dict[str, Any]:
    if item["kind"] == "Pod":
        return item
    spec = item["spec"]["jobTemplate"]["spec"] if item["kind"] == "CronJob" else item["spec"]
    template: dict[str, Any] = spec["template"]
    return template


def _own_labels(template: Mapping[str, Any]) -> dict[str, str]:
    return {NAME_LABEL: template["metadata"]["labels"][NAME_LABEL]}


def _pods(item: Manifest, least: int) -> int:
    if item["kind"] == "CronJob":
        return 0
    spec = item["spec"]
    field = "parallelism" if item["kind"] == "Job" else "replicas"
    return int(spec.get(field, 1 if item["kind"] in ("Job", "DaemonSet", "Pod") else least))


def _apart(pod: Mapping[str, Any]) -> Iterator[str]:
    rules = pod.get("affinity", {}).get("podAntiAffinity", {})
    for term in rules.get("requiredDuringSchedulingIgnoredDuringExecution", ()):
        yield term["topologyKey"]


def _seconds(item: Manifest, pod: Mapping[str, Any], pods: int, times: PodTimes) -> int:
    """What one pod may take, as often as an update waits for pods one after the other."""
    started = times.schedule.max + times.image_pull.max + times.container_start.max
    one = -(-started // 1000) + max(map(_until_ready, (*pod.get("initContainers", ()), *pod["containers"])), default=0)
    return (int(pod.get("terminationGracePeriodSeconds", 30)) + one) * _rounds(item, pods)


def _until_ready(container: Mapping[str, Any]) -> int:
    """Startup probes may fail until their threshold; then readiness has to be seen."""
    total = 0
    for name, times in (("startupProbe", "failureThreshold"), ("readinessProbe", "successThreshold")):
        if name in container:
            probe = {**_PROBE, "successThreshold": 1, **container[name]}
            total += probe["initialDelaySeconds"] + probe["periodSeconds"] * probe[times] + probe["timeoutSeconds"]
    return int(total)


def _rounds(item: Manifest, pods: int) -> int:
    """How often an update waits for new pods: a StatefulSet for each, a Deployment for as many as it may at once."""
    if item["kind"] == "StatefulSet":
        return max(1, pods)
    rolling = item["spec"].get("strategy", {}).get("rollingUpdate")
    if item["kind"] != "Deployment" or rolling is None:
        return 1
    surge, gone = (rolling.get(name, "25%") for name in ("maxSurge", "maxUnavailable"))
    at_once = max(1, _amount(surge, pods, up=True) + _amount(gone, pods, up=False))
    return max(1, -(-pods // at_once))


def _amount(value: int | str, pods: int, *, up: bool) -> int:
    """Kubernetes rounds the surge up and what may be unavailable down."""
    if isinstance(value, int):
        return value
    share = int(value.rstrip("%")) * pods
    return -(-share // 100) if up else share // 100
