"""A namespace says who may reach its pods.

Without any NetworkPolicy every pod of the cluster reaches every other: one that is broken into reaches the databases of
everybody. Told once for each namespace; where data is kept it is a warning, elsewhere a note.
Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Namespaces with pods and no policy."""
    policies = cluster.of_kind("NetworkPolicy", "CiliumNetworkPolicy", "AuthorizationPolicy")
    covered = {item.namespace or DEFAULT_NAMESPACE for item in policies}
    closed = {
        item.namespace or DEFAULT_NAMESPACE
        for item in policies
        if item.spec.get("podSelector") == {} and "".join(item.texts(item.spec, "policyTypes")) != "Egress"
    }
    if any(item.kind in ("CiliumClusterwideNetworkPolicy", "AdminNetworkPolicy") for item in cluster.objects):
        return
    found: dict[str, list[Workload]] = defaultdict(list)
    for workload in cluster.workloads:
        found[workload.namespace].append(workload)
    for namespace, there in sorted(found.items()):
        if namespace in covered:
            if namespace not in closed and any(item.kind == "NetworkPolicy" for item in policies):
                yield Found(
                    f"Namespace {namespace}",
                    "has policies, and none that selects every pod: one that is added later is open to everybody",
                    "add a policy with an empty podSelector that allows nothing",
                    there[0].where(),
                    severity="note",
                )
            continue
        keeps = sorted({item.name for item in there if item.manifest.kind == "StatefulSet"})
        told = f", {', '.join(keeps)} among them" if keeps else ""
        yield Found(
            f"Namespace {namespace}",
            f"has no NetworkPolicy: every pod of the cluster reaches its pods{told}",
            "deny by default, and allow the edges of the graph; novaplan render writes such policies",
            there[0].where(),
            severity="warning" if keeps else "note",
        )
