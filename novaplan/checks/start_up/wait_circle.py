"""Workloads do not wait for each other in a circle.

When each of several workloads starts only after another of them has answered, none of them ever does. The init
containers of Kubernetes hang without a word; docker compose refuses the project.
Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/,
https://docs.docker.com/compose/how-tos/startup-order/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.gates import gates
from novaplan.checks.resolving import Resolver
from novaplan.importers.draft import Draft, Where

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Circles of init containers."""
    resolver = Resolver(cluster)
    waits = []
    for gate in gates(cluster):
        answer = resolver.answer(gate.host, gate.workload.namespace)
        behind = cluster.behind(answer.service) if answer and answer.service else []
        if len(behind) == 1 and not gate.guarded:
            waits.append((gate.workload.label, behind[0].label, gate.where))
    yield from _circles(waits)


def workloads(draft: Draft) -> Iterator[Found]:
    """Circles of ``depends_on``."""
    owners = {host: workload.name for workload in draft.workloads for host in (workload.name, *workload.hosts)}
    yield from _circles(
        (workload.name, owners.get(wait.host, wait.host), wait.where)
        for workload in draft.workloads
        for wait in workload.waits
        if wait.ordered
    )


def _circles(waits: Iterable[tuple[str, str, Where]]) -> Iterator[Found]:
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for one, other, where in waits:
        graph.add_edge(one, other, where=where)
    for group in sorted(sorted(found) for found in networkx.strongly_connected_components(graph)):
        if len(group) > 1:
            circle = [edge[0] for edge in networkx.find_cycle(graph.subgraph(group), group[0])]
            shown = " waits for ".join([*circle, circle[0]])
            where = graph.edges[circle[0], circle[1]]["where"]
            yield Found(circle[0], f"{shown}: none of them ever starts", "take one of these waits out", where)
