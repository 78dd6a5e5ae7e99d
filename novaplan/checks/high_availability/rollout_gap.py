"""A rollout leaves pods that serve.

``Recreate`` stops every old pod before a new one starts, and ``maxUnavailable: 100%`` may: with several replicas that
is an outage that a rolling update would not have. ``maxUnavailable: 0`` with ``maxSurge: 0`` never moves at all, and
Kubernetes refuses it.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, place
from novaplan.checks.found import Found
from novaplan.checks.high_availability._pods import bounds

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Deployments of several pods behind a Service."""
    counted = bounds(cluster)
    for item in cluster.workloads:
        count, manifest = counted(item)[0], item.manifest
        if count < 2 or manifest.kind != "Deployment" or id(item) not in cluster.services_of:
            continue
        strategy = manifest.map(manifest.spec, "strategy")
        rolling = manifest.map(strategy, "rollingUpdate")
        taken, added = rolling.get("maxUnavailable"), rolling.get("maxSurge")
        if strategy.get("type") == "Recreate":
            text = f"Recreate stops all {count} pods before a new one starts, so every rollout is an outage"
            yield Found(item.label, text, "use RollingUpdate", place(manifest, strategy, "type"))
        elif str(taken) == "100%" or (isinstance(taken, int) and taken >= count):
            text = f"maxUnavailable {taken} lets a rollout stop all {count} pods at once"
            yield Found(item.label, text, "set maxUnavailable to 1 or less", place(manifest, rolling, "maxUnavailable"))
        elif str(taken) in ("0", "0%") and str(added) in ("0", "0%"):
            text = "maxUnavailable 0 with maxSurge 0 leaves a rollout no pod to begin with, and Kubernetes refuses it"
            yield Found(item.label, text, "set maxSurge to 1", place(manifest, rolling, "maxSurge"), "error")
