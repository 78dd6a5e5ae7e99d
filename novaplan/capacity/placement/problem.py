"""Pods and nodes as a search sees them: groups of pods that are alike, what is free on each node, who keeps away.

``Problem`` never changes; ``Board`` is one arrangement under way. All amounts are exact integers, in the order of
``RESOURCES``: millicores, bytes, pods, volumes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from novaplan.capacity.nodes import HOSTNAME, ZONE_KEYS, Node
from novaplan.capacity.pods import Pod

RESOURCES = ("CPU", "memory", "pods", "volumes")
Size = tuple[int, int, int, int]

Placing = tuple[tuple[Pod, int], ...]
"""Each pod and the position of its node."""

# What a pair of pods of one component costs when they share a node or zone. A stated wish counts most; members that
# vote or hold data come next, so that a zone takes as few of them as may be; any other replicas spread as the
# scheduler's defaults spread them.
WISH, KEEPS, USUAL = 64, 8, 1


@dataclass(frozen=True, slots=True)
class Group:
    """Pods that are alike and may go to the same nodes."""

    pods: tuple[Pod, ...]
    size: Size
    component: int
    """Position of its component."""
    nodes: tuple[int, ...]
    """Where they may go, if there is room."""
    zone: str | None = None
    """The only zone that will do for them."""


@dataclass(frozen=True, slots=True)
class Apart:
    """How the pods of one component keep apart along one topology key."""

    key: str
    domain: tuple[int, ...]
    """Of each node, numbered; -1 where the node has none."""
    weight: int
    """What a pair in one domain costs; 0 when it is forbidden."""

    @property
    def forbidden(self) -> bool:
        """No two of them may share a domain."""
        return not self.weight


def size_of(pod: Pod) -> Size:
    """What a pod takes of each resource."""
    return (pod.cpu_request_millicores, pod.memory_request_bytes, 1, pod.volumes)


def bound_to(pod: Pod, node: Node) -> str | None:
    """The zone a pod cannot leave once it ran on ``node``: that of its volumes."""
    return node.zone if pod.volumes else None


class Problem:
    """Which pods must find a place among which nodes.

    ``fixed`` holds pods that run already, by the position of their node: they stay. ``zones`` names pods that only one
    zone will do for. Pods that run everywhere take their share of each open node and are not placed.
    """

    def __init__(
        self,
        pods: Iterable[Pod],
        nodes: Sequence[Node],
        *,
        fixed: Iterable[tuple[Pod, int]] = (),
        zones: Mapping[Pod, str] | None = None,
    ) -> None:
        self.nodes = tuple(nodes)
        self.open = tuple(index for index, node in enumerate(nodes) if not node.closed)
        everywhere = [pod for pod in pods if pod.workload.everywhere]
        placed = [pod for pod in pods if not pod.workload.everywhere]
        self.fixed = tuple(fixed)
        self.everywhere = tuple(everywhere)
        needed = sum(pod.volumes for pod in (*everywhere, *placed)) + sum(pod.volumes for pod, _ in self.fixed)
        self.free = self._free(everywhere, needed)
        self.components: list[str] = []
        self.apart: list[tuple[Apart, ...]] = []
        self.groups = self._groups(placed, zones or {})

    def _free(self, everywhere: Sequence[Pod], volumes: int) -> list[list[int]]:
        """Of each resource, what each node has left for pods that are placed; never less than 0 is free."""
        each = [sum(size_of(pod)[resource] for pod in everywhere) for resource in range(len(RESOURCES))]
        found = []
        for node in self.nodes:
            limit = node.volumes if node.volumes is not None else volumes + each[3]
            capacity = (node.cpu_millicores, node.memory_bytes, node.pods, limit)
            closed = bool(node.closed) or any(have < need for have, need in zip(capacity, each, strict=True))
            found.append([0] * 4 if closed else [have - need for have, need in zip(capacity, each, strict=True)])
        for pod, node_index in self.fixed:
            for resource, amount in enumerate(size_of(pod)):
                found[node_index][resource] -= amount
        return [[row[resource] for row in found] for resource in range(len(RESOURCES))]

    def _groups(self, pods: Sequence[Pod], zones: Mapping[Pod, str]) -> tuple[Group, ...]:
        members: dict[tuple[str, Size, str | None], list[Pod]] = {}
        for pod in pods:
            members.setdefault((pod.component, size_of(pod), zones.get(pod)), []).append(pod)
        numbers: dict[str, int] = {}
        for pod in (*pods, *(pod for pod, _ in self.fixed)):
            if pod.component not in numbers:
                numbers[pod.component] = len(self.components)
                self.components.append(pod.component)
                self.apart.append(tuple(self._apart(pod)))
        self._numbers = numbers
        return tuple(
            Group(tuple(alike), size, numbers[component], self._eligible(size, zone), zone)
            for (component, size, zone), alike in members.items()
        )

    def _eligible(self, size: Size, zone: str | None) -> tuple[int, ...]:
        return tuple(
            index
            for index in self.open
            if (zone is None or self.nodes[index].zone == zone)
            and all(self.free[resource][index] >= amount for resource, amount in enumerate(size))
        )

    def _apart(self, pod: Pod) -> Iterator[Apart]:
        spread, keeps = pod.workload.spread, bool(pod.workload.quorums or pod.volumes)
        weights = {HOSTNAME: USUAL, ZONE_KEYS[0]: KEEPS if keeps else USUAL}
        key = ZONE_KEYS[0] if spread.topology_key in ZONE_KEYS else spread.topology_key
        if spread.anti_affinity != "none":
            weights[key] = 0 if spread.anti_affinity == "required" else WISH
        for name, weight in weights.items():
            numbers: dict[str, int] = {}
            values = [node.domain(name) for node in self.nodes]
            domain = tuple(-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values)
            if numbers:
                yield Apart(name, domain, weight)

    def number(self, component: str) -> int:
        """The position of a component."""
        return self._numbers[component]

    @property
    def pods(self) -> int:
        """How many pods must find a place."""
        return sum(len(group.pods) for group in self.groups)

    @property
    def slots(self) -> int:
        """How many pairs of a group and a node there are: the size of an exact model."""
        return sum(len(group.nodes) for group in self.groups)


class Board:
    """One arrangement under way: what is still free, and how many pods of each group are where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.free = [list(row) for row in problem.free]
        self.at: list[dict[int, int]] = [{} for _ in problem.groups]
        self.waiting = [len(group.pods) for group in problem.groups]
        self.near = [[[0] * len(problem.nodes) for _ in rules] for rules in problem.apart]
        for pod, node in problem.fixed:
            self._count(problem.number(pod.component), node, 1)

    def _count(self, component: int, node: int, change: int) -> None:
        for rule, counts in zip(self.problem.apart[component], self.near[component], strict=True):
            if rule.domain[node] >= 0:
                counts[rule.domain[node]] += change

    def room(self, group: int, node: int) -> bool:
        """Whether one more pod of ``group`` may go to ``node``, one of those it may go to at all."""
        size, free = self.problem.groups[group].size, self.free
        if size[0] > free[0][node] or size[1] > free[1][node] or not free[2][node] or size[3] > free[3][node]:
            return False
        component = self.problem.groups[group].component
        for rule, counts in zip(self.problem.apart[component], self.near[component], strict=True):
            if not rule.weight and rule.domain[node] >= 0 and counts[rule.domain[node]]:
                return False
        return True

    def crowd(self, group: int, node: int) -> int:
        """What one more pod of ``group`` on ``node`` costs in pairs that would rather be apart."""
        component, cost = self.problem.groups[group].component, 0
        for rule, counts in zip(self.problem.apart[component], self.near[component], strict=True):
            if rule.domain[node] >= 0:
                cost += rule.weight * counts[rule.domain[node]]
        return cost

    def put(self, group: int, node: int) -> None:
        """One pod of ``group`` goes to ``node``."""
        self._move(group, node, 1)

    def take(self, group: int, node: int) -> None:
        """One pod of ``group`` leaves ``node``."""
        self._move(group, node, -1)
        if not self.at[group][node]:
            del self.at[group][node]

    def _move(self, group: int, node: int, change: int) -> None:
        about = self.problem.groups[group]
        for resource, amount in enumerate(about.size):
            self.free[resource][node] -= change * amount
        self.at[group][node] = self.at[group].get(node, 0) + change
        self.waiting[group] -= change
        self._count(about.component, node, change)

    @property
    def left(self) -> int:
        """Pods without a place."""
        return sum(self.waiting)

    def left_over(self) -> tuple[Pod, ...]:
        """The pods without a place; which of those that are alike is settled by their number."""
        return tuple(
            pod
            for group, waiting in zip(self.problem.groups, self.waiting, strict=True)
            for pod in group.pods[len(group.pods) - waiting :]
        )

    def placing(self) -> Placing:
        """Where each placed pod is: of pods that are alike, those with low numbers are on the first nodes."""
        found: list[tuple[Pod, int]] = []
        for group, at in zip(self.problem.groups, self.at, strict=True):
            places = [node for node in sorted(at) for _ in range(at[node])]
            found.extend(zip(group.pods, places, strict=False))
        return tuple(found)

    def copy(self) -> Board:
        """The same arrangement, to be changed apart from this one."""
        twin = object.__new__(Board)
        twin.problem = self.problem
        twin.free = [list(row) for row in self.free]
        twin.at = [dict(places) for places in self.at]
        twin.waiting = list(self.waiting)
        twin.near = [[list(counts) for counts in rules] for rules in self.near]
        return twin
