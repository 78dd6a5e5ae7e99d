"""A script that waits gives up some day.

A loop that asks for a server until it answers never fails: the pod stays in ``Init`` without an event or a restart
that an alert could see, and a rollout hangs until its deadline. A wait that ends with an error after some minutes
turns into ``Init:CrashLoopBackOff``, which is counted, shown and alerted on, and is tried again all the same.
Source: https://kubernetes.io/docs/tasks/debug/debug-application/debug-init-containers/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.gates import gates
from novaplan.checks.resolving import Resolver

SEVERITY = "note"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Init containers that wait in a loop without an end."""
    resolver = Resolver(cluster)
    for gate in gates(cluster):
        answer = resolver.answer(gate.host, gate.workload.namespace)
        for_itself = answer and answer.service and cluster.behind(answer.service) == [gate.workload]
        if gate.endless and not for_itself:  # self-wait tells that
            yield Found(
                gate.workload.label,
                f"{gate.container} waits for {gate.host} in a loop that never ends: when that does not come, the pod "
                "hangs in Init with nothing in its events",
                "count the tries, and exit 1 after some minutes",
                gate.where,
            )
