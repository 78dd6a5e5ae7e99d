"""A StatefulSet has the headless Service that it names.

``serviceName`` is what gives each pod its name (``db-0.db``). When that Service does not exist, has an address of its
own, or selects other pods, no such name resolves, and members that look for each other find nothing.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#limitations
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, place
from novaplan.checks.found import Found
from novaplan.checks.resolving import is_headless
from novaplan.findings import Severity
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """StatefulSets whose Service is missing, not headless, or for other pods."""
    for workload in cluster.workloads:
        manifest = workload.manifest
        name = text_of(manifest.spec.get("serviceName")) if manifest.kind == "StatefulSet" else None
        if not name:
            continue
        service = cluster.get("Service", manifest.namespace, name)
        if service is None:
            fault, remedy = (
                f"the Service {name} that should name its pods is not here",
                f"add the headless Service {name}",
            )
        elif not is_headless(service):
            fault = (
                f"the Service {name} that should name its pods has an address of its own (clusterIP: None is missing)"
            )
            remedy = "set clusterIP: None there, or name a headless Service"
        elif workload not in cluster.behind(service):
            fault, remedy = f"the Service {name} that should name its pods selects others", "let it select these pods"
        else:
            continue
        severity: Severity | None = None if workload.replicas > 1 else "warning"
        yield Found(
            workload.label,
            f"{fault}: names such as {workload.name}-0.{name} do not resolve",
            remedy,
            place(manifest, manifest.spec, "serviceName"),
            severity,
        )
