"""Kubernetes can tell whether a pod may be sent requests.

Without a readiness probe a pod gets requests as soon as its process runs, long before it can answer, and goes on
getting them when it no longer can; a rolling update then replaces working pods by ones that are not ready. Looked at:
pods that a Service selects; databases and the like among them.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Containers with ports, behind a Service, without readiness probe; pods without any liveness probe are notes."""
    for workload in cluster.workloads:
        if not cluster.services_of.get(id(workload)):
            continue
        for container in workload.containers:
            name = text_of(container.get("name")) or ""
            if container.get("ports") and not container.get("readinessProbe"):
                yield Found(
                    workload.label,
                    f"container {name} has no readiness probe: it is sent requests before it can answer",
                    "add a readinessProbe that asks for what a request needs",
                    workload.where(container, "name"),
                )
            elif container.get("ports") and not container.get("livenessProbe"):
                yield Found(
                    workload.label,
                    f"container {name} has no liveness probe: if it hangs, nobody restarts it",
                    "add a livenessProbe that asks for nothing but the process itself",
                    workload.where(container, "name"),
                    severity="note",
                )
