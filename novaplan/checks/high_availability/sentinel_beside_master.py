"""Sentinels do not all run in the pod of the master they watch.

What takes the pod away (a node, an eviction, a rollout) takes the master and the whole vote at once, so nobody is left
to fail over: the Sentinel protects only against a Redis process that crashes alone.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ (example deployments)
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.high_availability._redis import watched
from novaplan.importers.draft import Draft

SEVERITY = "error"


def workloads(draft: Draft) -> Iterator[Found]:
    """Workloads of one pod that hold every Sentinel and a server."""
    for group in watched(draft):
        homes = {id(item.workload) for item in group.sentinels}
        first = group.sentinels[0]
        server = next((item for item in group.data if id(item.workload) in homes), None)
        if len(homes) == 1 and first.workload.replicas == 1 and server is not None and len(group.data) > 1:
            yield Found(
                first.label,
                "every Sentinel runs in the pod of the server it watches; losing the pod loses the master and all "
                "votes together, and no replica is promoted",
                "run three Sentinels apart from each other: in pods of their own, or one beside each data server",
                first.workload.where,
            )
