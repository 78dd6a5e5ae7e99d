"""The system fits the nodes that it is given.

Pods are placed as the Kubernetes scheduler does, by what they request, with what must stay apart kept apart. A pod that
fits nowhere stays Pending. Asked where nodes are named (``--nodes``).
Source: https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.capacity.placement.fit import fit
from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.errors import DoesNotFit

SEVERITY = "error"


def topology(system: System) -> Iterator[Found]:
    """What stands in the way of placing every pod."""
    if system.nodes is None:
        return
    try:
        fit(system.topology, system.nodes)
    except DoesNotFit as error:
        for problem in error.problems:
            subject = problem.field or system.topology.name
            yield Found(subject, problem.message, "add nodes, or ask for less; novaplan fit tells how much")
