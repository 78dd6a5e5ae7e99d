"""What scales a service's pods and what protects them: HorizontalPodAutoscaler and PodDisruptionBudget."""

from __future__ import annotations

from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.manifests import Manifest, selector, without_absent
from novaplan.render.workloads.controllers import KINDS
from novaplan.topology.service import DisruptionBudget, Service

SCALABLE: Final = frozenset(("deployment", "statefulset", "replicaset"))
"""The kinds of workload that an autoscaler can scale."""


def scales(service: Service) -> bool:
    """Whether an autoscaler decides how many pods run. Kubernetes leaves one alone whose workload is scaled to 0."""
    return service.autoscaling is not None and service.workload in SCALABLE and service.replicas > 0


def objects(context: Context, service: Service) -> list[Manifest]:
    """The autoscaler and the disruption budget of a service, where it has them."""
    found = []
    if service.autoscaling is not None and service.workload in SCALABLE:
        found.append(_autoscaler(context, service))
    if service.disruption_budget is not None:
        spec = {**budget(service.disruption_budget), "selector": {"matchLabels": selector(service.name)}}
        found.append(context.object("policy/v1", "PodDisruptionBudget", service.name, service, spec=spec))
    return found


def budget(stated: DisruptionBudget) -> dict[str, Any]:
    """The amounts of a disruption budget, as its object holds them."""
    return without_absent({"minAvailable": stated.min_available, "maxUnavailable": stated.max_unavailable})


def _autoscaler(context: Context, service: Service) -> Manifest:
    scaling = service.autoscaling
    assert scaling is not None
    api_version, kind = KINDS[service.workload]
    metrics = [
        {"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": share}}}
        for name, share in (("cpu", scaling.cpu_percent), ("memory", scaling.memory_percent))
        if share is not None
    ]
    spec = {
        "scaleTargetRef": {"apiVersion": api_version, "kind": kind, "name": service.name},
        "minReplicas": scaling.min,
        "maxReplicas": scaling.max,
        "metrics": metrics or None,
    }
    return context.object("autoscaling/v2", "HorizontalPodAutoscaler", service.name, service, spec=without_absent(spec))
