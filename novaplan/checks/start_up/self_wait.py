"""No init container waits for its own pod.

Init containers run to their end before any other container of the pod starts. One that waits for a port of its own pod,
or for a Service that leads to nothing but such pods, waits for what can only start after it: the pod stays in
``Init:0/1`` for ever. Besides, a headless Service gives a pod a name only once it is ready.
Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.gates import gates
from novaplan.checks.resolving import Resolver

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Init containers that wait for the pod they belong to."""
    resolver = Resolver(cluster)
    for gate in gates(cluster):
        own, answer = gate.workload, resolver.answer(gate.host, gate.workload.namespace)
        if answer is None or answer.service is None or gate.guarded or cluster.behind(answer.service) != [own]:
            continue
        port = f":{gate.port}" if gate.port else ""
        if gate.endless:
            yield Found(
                own.label,
                f"the init container {gate.container} waits for {gate.host}{port}, which is this pod itself: its "
                "containers start only after the init container has ended, so the pod never starts",
                f"remove {gate.container}; what must wait inside the pod belongs into a startupProbe",
                gate.where,
            )
        else:
            yield Found(
                own.label,
                f"the init container {gate.container} waits for {gate.host}{port}, which is this pod itself and cannot "
                "answer before the init container has ended",
                f"remove {gate.container}",
                gate.where,
                "warning",
            )
