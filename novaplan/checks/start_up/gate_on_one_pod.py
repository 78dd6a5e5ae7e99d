"""Nothing waits for one pod of a replicated set by its number.

``etcd-0`` is a member like any other: while its node is drained or its disk is full, the cluster works on with the
others, but whatever waits for that one pod cannot start, restart or scale. What is wanted is any member that is ready,
and that is what the Service of the set stands for.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.gates import gates
from novaplan.checks.resolving import Resolver

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Init containers that wait for a pod with a number, of a set with more than one."""
    resolver = Resolver(cluster)
    for gate in gates(cluster):
        answer = resolver.answer(gate.host, gate.workload.namespace)
        if answer is None or answer.pod is None or answer.service is None:
            continue
        owner = resolver.owners.get((answer.namespace, answer.pod.rpartition("-")[0]))
        if owner is not None and owner is not gate.workload and owner.replicas > 1:
            yield Found(
                gate.workload.label,
                f"{gate.container} waits for {answer.pod}, one of {owner.replicas} pods of {owner.name}: while that "
                "one is away no pod here can start, although the others answer",
                f"wait for the Service {answer.name}, or for any of the {owner.replicas}",
                gate.where,
            )
