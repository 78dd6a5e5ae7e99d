"""An autoscaler measures what tells of load, against what is requested, between bounds that leave it room.

Utilisation is a share of the request: without one there is nothing to divide by and the autoscaler does nothing. Few
programs give memory back, so one that scales on memory adds pods and seldom takes them away (told as a note).
Source: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload, label, place
from novaplan.checks.found import Found
from novaplan.findings import Severity
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Every autoscaler and what it scales."""
    workloads = {(item.manifest.kind, item.namespace, item.name): item for item in cluster.workloads}
    for scaler in cluster.of_kind("HorizontalPodAutoscaler"):
        yield from _bounds(scaler)
        reference = scaler.map(scaler.spec, "scaleTargetRef")
        key = (text_of(reference.get("kind")), scaler.namespace or "default", text_of(reference.get("name")))
        target = workloads.get(key)  # type: ignore[arg-type]
        for metric in scaler.maps(scaler.spec, "metrics"):
            resource = scaler.map(metric, "resource")
            name = text_of(resource.get("name"))
            if name and scaler.map(resource, "target").get("type") == "Utilization":
                yield from _utilisation(scaler, metric, name, target)


def _bounds(scaler: Manifest) -> Iterator[Found]:
    least, most = scaler.spec.get("minReplicas", 1), scaler.spec.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least >= most:
        told = f"minReplicas {least} is above maxReplicas {most}" if least > most else f"always has {most} pods"
        severity: Severity = "error" if least > most else "warning"
        where = place(scaler, scaler.spec, "maxReplicas")
        yield Found(label(scaler), f"{told}; it cannot scale", "raise maxReplicas", where, severity=severity)


def _utilisation(scaler: Manifest, metric: object, name: str, target: Workload | None) -> Iterator[Found]:
    where = place(scaler, metric, "resource")
    lacking = [
        text_of(item.get("name")) or ""
        for item in (target.containers if target is not None else ())
        if target is not None
        and name not in target.manifest.map(target.manifest.map(item, "resources"), "requests")
        and name not in target.manifest.map(target.manifest.map(item, "resources"), "limits")
    ]
    if target is not None and lacking:
        message = f"scales on {name} of {target.label}, where {', '.join(lacking)} requests none: it never scales"
        yield Found(label(scaler), message, f"state resources.requests.{name}", where)
    elif name == "memory":
        message = "scales on memory, which most programs keep once they had it: pods are added and seldom taken away"
        yield Found(label(scaler), message, "scale on CPU or on requests, and size memory by its limit", where, "note")
