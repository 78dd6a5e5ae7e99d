"""Pods that do not talk to the API of Kubernetes hold no token for it.

Unless told otherwise every pod gets the token of its service account as a file. Whoever takes over the program can ask
the API as that account, and find what it may see. Looked at: accounts that no RoleBinding here gives anything, so that
nobody would miss the token; one finding for a namespace.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "note"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Pods that get a token of an account without any role."""
    bound = {
        (text_of(subject.get("namespace")) or binding.namespace, text_of(subject.get("name")))
        for binding in cluster.of_kind("RoleBinding", "ClusterRoleBinding")
        for subject in binding.maps(binding.value, "subjects")
    }
    idle: dict[str, list[Workload]] = defaultdict(list)
    for workload in cluster.workloads:
        account = text_of(workload.spec.get("serviceAccountName")) or "default"
        declared = cluster.get("ServiceAccount", workload.namespace, account)
        given = workload.spec.get("automountServiceAccountToken")
        if given is None and declared is not None:
            given = declared.value.get("automountServiceAccountToken")
        known = declared is not None or account == "default"
        if given is not False and known and (workload.namespace, account) not in bound:
            idle[workload.namespace].append(workload)
    for namespace, workloads in sorted(idle.items()):
        names = ", ".join(workload.name for workload in workloads)
        yield Found(
            f"Namespace {namespace}",
            f"{names}: the pods get a token for the API of Kubernetes, and no role here lets them use it",
            "set automountServiceAccountToken: false",
            workloads[0].where(workloads[0].spec),
        )
