"""What a host name leads to, inside a cluster: a Service, one pod of it, or nothing.

Names are looked up as a pod's resolver does, through the search list of its namespace
(https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from novaplan.checks.cluster import Cluster, Workload
from novaplan.errors import nearest
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Service


@dataclass(frozen=True, slots=True)
class Answer:
    """What a name leads to."""

    service: Manifest | None
    """None when no Service here has this name."""
    name: str
    """Of the Service that is asked for."""
    namespace: str
    pod: str | None = None
    """The one pod that is asked for, when the name is that of a pod."""


class Resolver:
    """Names of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._services: dict[tuple[str, str], Manifest] = {}
        self._spaces: dict[str, set[str]] = defaultdict(set)
        for item in cluster.of_kind("Service"):
            space = item.namespace or DEFAULT_NAMESPACE
            self._services[space, item.name] = item
            self._spaces[item.name].add(space)
        self.declared = frozenset(item.name for item in cluster.of_kind("Namespace"))
        """The namespaces that these objects make."""
        spaces = {*self.declared, *(item.namespace for item in cluster.objects if item.namespace)}
        self.used = frozenset({*spaces, *(item.namespace for item in cluster.workloads)})
        parts = [
            part for item in (cluster.draft.records if cluster.draft else ()) for part in item.patch.added.values()
        ]
        self.recorded = frozenset(
            (part.namespace or DEFAULT_NAMESPACE, part.name) for part in parts if isinstance(part, Service | Datastore)
        )
        """Namespace and name of what novaplan knows and does not render: it runs there by other means."""

    def answer(self, host: str, namespace: str) -> Answer | None:
        """What ``host`` leads to for a pod of ``namespace``; None when it is no name of this cluster."""
        labels = host.rstrip(".").lower().split(".")
        readings = list(_readings(labels, namespace, self.used | self._spaces.keys()))
        for name, space, pod in readings:
            if (space, name) in self._services:
                return Answer(self._services[space, name], name, space, pod)
        if not readings:
            return None
        # Of several meanings that lead nowhere, the one that spells a namespace which is known.
        spelt = (item for item in readings if item[1] in self.used and item[1] in labels and not item[2])
        name, space, pod = next(spelt, next((item for item in readings if item[1] in self.used), readings[0]))
        return Answer(None, name, space, pod)

    def elsewhere(self, answer: Answer) -> list[str]:
        """The other namespaces in which there is a Service of that name."""
        return sorted(self._spaces.get(answer.name, set()) - {answer.namespace})

    def hint(self, answer: Answer) -> str:
        """Which Service may be meant instead, as `` (...)``, empty when none comes to mind."""
        elsewhere = self.elsewhere(answer)
        if elsewhere:
            return f" (there is one in {' and '.join(elsewhere)})"
        own = [name for space, name in self._services if space == answer.namespace]
        close = [name for name in own if answer.name.startswith(f"{name}-")]
        return nearest(answer.name, own) or (f" (there is {close[0]!r})" if close else "")

    def governing(self, pod: str, namespace: str) -> str | None:
        """The full name of a pod of a StatefulSet that is called by its own name alone."""
        name, _, ordinal = pod.rpartition("-")
        found = self._cluster.get("StatefulSet", namespace, name) if ordinal.isdigit() else None
        service = text_of(found.spec.get("serviceName")) if found else None
        return f"{pod}.{service}.{namespace}.svc.cluster.local" if service else None

    @cached_property
    def owners(self) -> dict[tuple[str, str], Workload]:
        """The StatefulSets by namespace and name."""
        return {
            (item.namespace, item.name): item for item in self._cluster.workloads if item.manifest.kind == "StatefulSet"
        }

    def lacks_pod(self, answer: Answer) -> Workload | None:
        """The StatefulSet that has no such pod, where a name asks for one that it does not have."""
        name, _, ordinal = (answer.pod or "").rpartition("-")
        owner = self.owners.get((answer.namespace, name)) if ordinal.isdigit() else None
        first = 0
        if owner is not None:
            start = owner.manifest.map(owner.manifest.spec, "ordinals").get("start")
            first = start if isinstance(start, int) else 0
        return owner if owner and not first <= int(ordinal) < first + max(owner.replicas, 1) else None


def _readings(labels: Sequence[str], namespace: str, known: Collection[str]) -> Iterator[tuple[str, str, str | None]]:
    """Service, namespace and pod that a name may mean, in the order of the search list."""
    if "svc" in labels[2:]:
        end = labels.index("svc", 2)
        if end <= 3:
            yield labels[end - 2], labels[end - 1], labels[0] if end == 3 else None
    elif len(labels) == 1:
        yield labels[0], namespace, None
    elif len(labels) == 2:
        # A hyphen is in no top-level domain that people run services under; any other needs a name that is known.
        if labels[1] in known:
            yield labels[1], namespace, labels[0]
        if labels[1] in known or ("-" in labels[1] and not labels[1].startswith("xn--")):
            yield labels[0], labels[1], None
    elif len(labels) == 3 and labels[2] in known:
        yield labels[1], labels[2], labels[0]


def ports(service: Manifest) -> list[dict[str, Any]]:
    """The ports of a Service."""
    return service.maps(service.spec, "ports")


def is_headless(service: Manifest) -> bool:
    """Whether its name stands for the addresses of its pods."""
    return text_of(service.spec.get("clusterIP")) == "None"


def container_ports(workload: Workload) -> list[tuple[str | None, int]]:
    """Names and numbers of what the containers of a pod declare to listen on."""
    return [
        (text_of(port.get("name")), number)
        for container in workload.containers
        for port in workload.manifest.maps(container, "ports")
        if (number := number_of(port.get("containerPort"))) is not None
    ]


def number_of(value: Any) -> int | None:
    """A port as a number, None when it is a name or nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = text_of(value) or ""
    return int(text[:6]) if text.isdecimal() else None
