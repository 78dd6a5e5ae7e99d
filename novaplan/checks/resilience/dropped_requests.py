"""A pod goes on serving until nobody is sent to it any more.

When a pod ends, Kubernetes tells the process to stop and takes the pod out of the Services at the same time; for some
seconds clients are still sent there and are refused. A preStop pause of a few seconds covers that at every rollout,
scaling and drain. Looked at: Deployments that a Service selects, with a rolling update; with a single pod, of which no
more is promised, it is a note.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Deployments behind Services whose containers with ports have no preStop."""
    scaled = {
        (scaler.namespace or DEFAULT_NAMESPACE, text_of(scaler.map(scaler.spec, "scaleTargetRef").get("name")))
        for scaler in cluster.of_kind("HorizontalPodAutoscaler")
    }
    for workload in cluster.workloads:
        if workload.manifest.kind != "Deployment" or not cluster.services_of.get(id(workload)):
            continue
        if workload.manifest.map(workload.manifest.spec, "strategy").get("type") == "Recreate":
            continue
        serving = [item for item in workload.containers if item.get("ports")]
        hooks = [workload.manifest.map(item, "lifecycle").get("preStop") for item in workload.containers]
        if serving and not any(hooks):
            yield Found(
                workload.label,
                "has no preStop pause, so it is told to stop while clients are still sent to it: rollouts drop some",
                "add a preStop pause of 5 to 15 s, within terminationGracePeriodSeconds",
                workload.where(serving[0], "name"),
                severity="note"
                if workload.replicas == 1 and (workload.namespace, workload.name) not in scaled
                else None,
            )
