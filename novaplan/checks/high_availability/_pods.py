"""How many pods there are of a workload, and which of them vote."""

from __future__ import annotations

from collections.abc import Callable

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.programs import servers
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

VOTERS = {"etcd": "etcd members", "zookeeper": "ZooKeeper servers", "redis-sentinel": "Sentinels"}


def bounds(cluster: Cluster) -> Callable[[Workload], tuple[int, int]]:
    """The least and the most pods of a workload: as an autoscaler keeps and makes them, else as stated."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for item in cluster.of_kind("HorizontalPodAutoscaler"):
        target = item.map(item.spec, "scaleTargetRef")
        kind, name = text_of(target.get("kind")) or "", text_of(target.get("name")) or ""
        least, most = item.spec.get("minReplicas", 1), item.spec.get("maxReplicas", 1)
        if isinstance(least, int) and isinstance(most, int):
            found[item.namespace or DEFAULT_NAMESPACE, kind, name] = (least, most)

    def asked(workload: Workload) -> tuple[int, int]:
        key = (workload.namespace, workload.manifest.kind, workload.name)
        return found.get(key, (workload.replicas, workload.replicas))

    return asked


def voters(cluster: Cluster) -> dict[tuple[str, str], str]:
    """What votes, by namespace and name of its workload, in words."""
    if cluster.draft is None:
        return {}
    return {
        (item.workload.namespace or DEFAULT_NAMESPACE, item.workload.name): VOTERS[item.program]
        for item in servers(cluster.draft, *VOTERS)
    }


def stores(cluster: Cluster) -> set[tuple[str, str]]:
    """Namespace and name of the workloads that hold data."""
    if cluster.draft is None:
        return set()
    found = servers(cluster.draft, "redis-server", "postgres", "patroni", "mysql", "mongo", "kafka", "elasticsearch")
    return {(item.workload.namespace or DEFAULT_NAMESPACE, item.workload.name) for item in found}
