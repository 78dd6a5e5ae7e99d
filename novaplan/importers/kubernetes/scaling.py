"""Autoscalers and disruption budgets, and which workload each is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from novaplan.importers.draft import Note, Where
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE, Index, Selection
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.topology.service import Autoscaling, DisruptionBudget

T = TypeVar("T")

_COUNT_OR_PERCENT = re.compile(r"[0-9]{1,9}|(100|[0-9]{1,2})%")


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A value, and where it was declared."""

    value: T
    where: Where


class Scaling:
    """What autoscalers and disruption budgets say about workloads."""

    def __init__(self, index: Index, selection: Selection, notes: list[Note]) -> None:
        self._targets: dict[tuple[str, str, str], Placed[Autoscaling]] = {}
        self._budgets: dict[int, Placed[DisruptionBudget]] = {}
        self._notes = notes
        for manifest in index.of_kind("HorizontalPodAutoscaler"):
            self._autoscaler(manifest, index)
        for manifest in index.of_kind("PodDisruptionBudget"):
            self._budget(manifest, selection)

    def autoscaling(self, manifest: Manifest) -> Placed[Autoscaling] | None:
        """The autoscaler of a workload."""
        return self._targets.get((manifest.kind, manifest.namespace or DEFAULT_NAMESPACE, manifest.name))

    def budget(self, position: int) -> Placed[DisruptionBudget] | None:
        """The disruption budget of the workload at this position."""
        return self._budgets.get(position)

    def _autoscaler(self, manifest: Manifest, index: Index) -> None:
        spec = manifest.spec
        target = manifest.map(spec, "scaleTargetRef")
        kind, name = text_of(target.get("kind")) or "Deployment", text_of(target.get("name")) or ""
        if index.get(kind, manifest.namespace, name) is None:
            message = f"HorizontalPodAutoscaler {manifest.name} scales {kind} {name!r}, which is not here"
            self._notes.append(Note("left out", message, manifest.where()))
            return
        least = manifest.whole(spec, "minReplicas")
        most = manifest.whole(spec, "maxReplicas", least=1)
        low = 1 if least is None else least
        if most is None:
            manifest.fail("needs maxReplicas", spec, None)
        if low > most:
            manifest.fail(f"minReplicas {low} is above maxReplicas {most}; swap or correct them", spec, "minReplicas")
        if low == 0:
            message = f"{name} may be scaled to nothing; counted with at least 1"
            self._notes.append(Note("uncertain", message, manifest.where()))
        cpu, memory = _percentages(manifest, spec)
        value = Autoscaling(min=max(low, 1), max=most, cpu_percent=cpu, memory_percent=memory)
        self._targets[kind, manifest.namespace or DEFAULT_NAMESPACE, name] = Placed(value, manifest.where())

    def _budget(self, manifest: Manifest, selection: Selection) -> None:
        spec = manifest.spec
        least, most = _amount(manifest, spec, "minAvailable"), _amount(manifest, spec, "maxUnavailable")
        where = manifest.where()
        if (least is None) == (most is None):
            message = f"PodDisruptionBudget {manifest.name} must state one of minAvailable and maxUnavailable"
            self._notes.append(Note("left out", message, where))
            return
        positions = selection.by_selector(manifest.namespace, manifest.map(spec, "selector"))
        if not positions:
            message = f"PodDisruptionBudget {manifest.name} selects no pod here"
            self._notes.append(Note("left out", message, where))
        budget = DisruptionBudget(min_available=least, max_unavailable=most)
        for position in positions:
            if position in self._budgets:
                message = f"PodDisruptionBudget {manifest.name} selects pods that another one selects as well"
                self._notes.append(Note("uncertain", message, where))
            self._budgets[position] = Placed(budget, where)


def _amount(manifest: Manifest, spec: dict[str, Any], key: str) -> int | str | None:
    value = spec.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or not _COUNT_OR_PERCENT.fullmatch(str(value)):
        manifest.fail("should be a count or a percentage such as 50%", spec, key)
    return value


def _percentages(manifest: Manifest, spec: dict[str, Any]) -> tuple[int | None, int | None]:
    """Utilisation of CPU and memory at which pods are added, in the form of either version."""
    found: dict[str, int | None] = {
        "cpu": manifest.whole(spec, "targetCPUUtilizationPercentage", least=1),
        "memory": None,
    }
    for metric in manifest.maps(spec, "metrics"):
        resource = manifest.map(metric, "resource")
        name = text_of(resource.get("name")) or ""
        target = manifest.map(resource, "target") or resource
        key = "averageUtilization" if "averageUtilization" in target else "targetAverageUtilization"
        percent = manifest.whole(target, key, least=1)
        if name in found and percent is not None:
            found[name] = percent
    return found["cpu"], found["memory"]
