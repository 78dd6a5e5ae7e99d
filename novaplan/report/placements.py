"""Where the pods go on the nodes there are: before, after, and both at once as at the peak of a migration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from novaplan.capacity.nodes import Nodes
from novaplan.capacity.placement.fit import fit
from novaplan.capacity.placement.model import Fit
from novaplan.capacity.placement.rendering import sentences
from novaplan.errors import DoesNotFit
from novaplan.topology.system import Topology


class Node(NamedTuple):
    """How full one node is, in hundredths."""

    name: str
    zone: str
    closed: str
    cpu: float
    memory: float
    pods: str
    names: tuple[str, ...]


class Placement(NamedTuple):
    """One answer: found, or the reasons why there is none."""

    title: str
    found: Fit | None
    sentences: tuple[str, ...]
    nodes: tuple[Node, ...] = ()


def placements(current: Topology, target: Topology, nodes: Nodes) -> Iterator[Placement]:
    """Before, after, and both together."""
    yield _placed(f"Before: {current.name}", lambda: fit(current, nodes))
    yield _placed(f"After: {target.name}", lambda: fit(target, nodes))
    yield _placed("Both at once, as at the peak of the migration", lambda: fit(current, nodes, other=target))


def _placed(title: str, ask: Callable[[], Fit]) -> Placement:
    try:
        found = ask()
    except DoesNotFit as error:
        return Placement(title, None, tuple(str(problem) for problem in error.problems))
    return Placement(title, found, tuple(sentences(found)), tuple(_nodes(found)))


def _nodes(found: Fit) -> Iterator[Node]:
    names: dict[str, list[str]] = {}
    for pod, index in found.placing:
        names.setdefault(found.nodes[index].name, []).append(pod.name)
    for usage in found.usage():
        node = usage.node
        yield Node(
            node.name,
            node.zone or "",
            node.closed or "",
            _share(usage.cpu_request_millicores, node.cpu_millicores),
            _share(usage.memory_request_bytes, node.memory_bytes),
            f"{usage.pods} of {node.pods}",
            tuple(names.get(node.name, ())),
        )


def _share(used: int, have: int) -> float:
    return 100 * used / have if have else 0
