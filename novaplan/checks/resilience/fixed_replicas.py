"""What is autoscaled states no number of replicas.

Each time the manifest is applied, the number in it is set again: at a peak, most of the pods that the autoscaler added
are stopped at once, and come back one by one.
Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Targets of autoscalers with ``replicas``."""
    for scaler in cluster.of_kind("HorizontalPodAutoscaler"):
        reference = scaler.map(scaler.spec, "scaleTargetRef")
        name = text_of(reference.get("name")) or ""
        target = cluster.get(text_of(reference.get("kind")) or "", scaler.namespace, name)
        if target is not None and target.spec.get("replicas") is not None:
            yield Found(
                label(target),
                f"states {target.spec['replicas']} replicas though {scaler.name} scales it; each apply resets them",
                "leave replicas out",
                place(target, target.spec, "replicas"),
            )
