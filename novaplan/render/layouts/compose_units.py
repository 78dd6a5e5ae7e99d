"""What of a system runs as a container group of its own in compose: a workload, or one pod of it.

A Deployment whose pods hold one container is one compose service with so many replicas. Where a pod holds more, or has
a name of its own, each pod is a compose service, and its further containers share its network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from novaplan.render.layouts.compose_references import namespace_of
from novaplan.render.layouts.helm_values import at
from novaplan.render.manifests import GENERATED_FOR, NAME, Manifest

_TEMPLATES: Final[dict[str, tuple[str, ...]]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
LASTING: Final = frozenset(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"))


@dataclass(frozen=True, slots=True)
class Unit:
    """One pod, or several that are alike, as a compose service."""

    name: str
    workload: Manifest
    pod: dict[str, Any]
    pod_labels: dict[str, str]
    pod_name: str
    replicas: int
    ordinal: int

    @property
    def namespace(self) -> str:
        return namespace_of(self.workload)

    @property
    def component(self) -> str:
        """The service or datastore it belongs to."""
        return str(self.workload["metadata"].get("labels", {}).get(NAME, self.name))

    @property
    def generated_for(self) -> str | None:
        """The part it was made for, where the topology knows no such workload."""
        made: str | None = self.workload["metadata"].get("annotations", {}).get(GENERATED_FOR)
        return made

    @property
    def claims(self) -> dict[str, Any]:
        """The claims that a StatefulSet makes for this pod, by the names of their volumes."""
        return {
            item["metadata"]["name"]: item for item in self.workload.get("spec", {}).get("volumeClaimTemplates", ())
        }

    def selected(self, selector: dict[str, str], namespace: str) -> bool:
        """Whether a Service of ``namespace`` with ``selector`` reaches it."""
        return bool(selector) and namespace == self.namespace and selector.items() <= self.pod_labels.items()


def units(manifests: Iterable[Manifest], counts: dict[str, int]) -> list[Unit]:
    """What runs, in the order of the objects; ``counts`` are the pods of what an autoscaler decides, by name."""
    items = list(manifests)
    others = {item["metadata"]["name"]: item for item in items if item["kind"] == "Service"}
    workloads = {item["metadata"]["name"] for item in items if item["kind"] in _TEMPLATES}
    found: list[Unit] = []
    for item in items:
        if item["kind"] in _TEMPLATES:
            found += _units(item, counts, others, workloads)
    return found


def _units(
    item: Manifest, counts: dict[str, int], services: dict[str, Manifest], workloads: set[str]
) -> Iterator[Unit]:
    name, spec = item["metadata"]["name"], item["spec"]
    template = at(item, _TEMPLATES[item["kind"]])
    labels = dict(template.get("metadata", {}).get("labels") or {})
    replicas = 0 if item["kind"] == "CronJob" else spec.get("replicas", spec.get("parallelism"))
    replicas = counts.get(name, 1) if replicas is None else replicas
    # A Service of this name that reaches other pods keeps it: compose gives every service its own name.
    own_service = services.get(name)
    free = own_service is None or (own_service["spec"].get("selector") or {}).items() <= labels.items()
    stateful = item["kind"] == "StatefulSet"
    # A port that has to be passed on is passed on in the network of one container.
    passed_on = free and own_service is not None and moves(own_service, template["spec"])
    alone = not stateful and not passed_on and not _further(template["spec"])
    if alone or replicas == 0:
        yield Unit(name if free else f"{name}.0", item, template["spec"], labels, name, replicas, 0)
        return
    for number in range(replicas):
        own = f"{name}-{number}" if stateful else name if number == 0 and free else f"{name}.{number + 1}"
        # No workload has a dot in its name, so what is named with one is like no other.
        apart = f"{name}.{number}" if own in workloads - {name} else own
        yield Unit(name if replicas == 1 and free else apart, item, template["spec"], labels, own, 1, number)


def _further(pod: dict[str, Any]) -> bool:
    """Whether a pod has more than one container that stays."""
    return len(pod["containers"]) + sum("restartPolicy" in item for item in pod.get("initContainers", ())) > 1


def moves(service: Manifest, pod: dict[str, Any]) -> bool:
    """Whether a Service has a port other than the one that the pod listens on."""
    return any(target(port, pod) != port["port"] for port in tcp(service))


def tcp(service: Manifest) -> list[dict[str, Any]]:
    """The ports of a Service that speak TCP."""
    return [port for port in service["spec"].get("ports") or () if port.get("protocol", "TCP") == "TCP"]


def target(port: dict[str, Any], pod: dict[str, Any]) -> int:
    """The port of a pod that a port of a Service leads to."""
    wanted = port.get("targetPort", port["port"])
    listed = [one for item in pod["containers"] for one in item.get("ports", ())]
    named = (one["containerPort"] for one in listed if one.get("name") == wanted)
    return int(wanted) if isinstance(wanted, int) else int(next(named, port["port"]))
