"""Pods that run at the same time do not wait for one volume.

A ``ReadWriteOnce`` volume is attached to one node. The pods of a Deployment share its claim: a second one on another
node stays in ContainerCreating (Multi-Attach error), and on the same node two servers write into one folder. That also
happens during a rolling update, which starts the new pod before the old one is gone.
Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.high_availability._pods import bounds
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Deployments that mount a claim of that kind."""
    counted = bounds(cluster)
    for item in cluster.workloads:
        if item.manifest.kind not in ("Deployment", "ReplicaSet", "Rollout"):
            continue
        for volume in item.volumes.values():
            used = volume.get("persistentVolumeClaim")
            claim = text_of(used.get("claimName")) if isinstance(used, dict) else None
            found = cluster.get("PersistentVolumeClaim", item.namespace, claim) if claim else None
            if found is None or set(found.texts(found.spec, "accessModes")) - {"ReadWriteOnce", "ReadWriteOncePod"}:
                continue
            count, where = counted(item)[1], item.where(volume, "name")
            strategy = item.manifest.map(item.manifest.spec, "strategy").get("type")
            if count > 1:
                text = f"up to {count} pods share the ReadWriteOnce claim {claim}: on other nodes they never start"
                remedy = "use a StatefulSet with a claim for each pod, or a ReadWriteMany volume"
                yield Found(item.label, text, remedy, where)
            elif strategy != "Recreate":
                text = (
                    f"a rolling update starts a second pod on the ReadWriteOnce claim {claim} before the first is gone"
                )
                yield Found(item.label, text, "set strategy.type to Recreate, or use a StatefulSet", where, "warning")
