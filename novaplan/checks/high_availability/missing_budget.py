"""What runs in several pods has a PodDisruptionBudget.

Without one, draining nodes (an upgrade of the cluster, its autoscaler) may take every pod of a workload at the same
time. Voters lose their majority, and with it the service, as soon as half of them go.
Source: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.high_availability._pods import bounds, voters

SEVERITY = "note"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Workloads of several pods that no budget selects."""
    covered: set[int] = set()
    for budget in cluster.of_kind("PodDisruptionBudget"):
        covered.update(map(id, cluster.selected_by(budget.namespace, budget.map(budget.spec, "selector"))))
    voting, counted = voters(cluster), bounds(cluster)
    for item in cluster.workloads:
        count = counted(item)[0]
        if count < 2 or id(item) in covered or item.manifest.kind not in ("Deployment", "StatefulSet", "Rollout"):
            continue
        words = voting.get((item.namespace, item.name))
        if words:
            text = f"no budget keeps a majority of its {count} {words}: draining two nodes at once stops the vote"
        else:
            text = f"no budget keeps any of its {count} pods: draining nodes may take them all at once"
        remedy = "add a PodDisruptionBudget with maxUnavailable: 1"
        yield Found(item.label, text, remedy, item.where(), "warning" if words and count > 2 else None)
