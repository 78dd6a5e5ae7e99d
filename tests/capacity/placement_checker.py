"""What a placement must obey, written down a second time and slowly, and every arrangement there is, for small cases.

Nothing here uses the placement's own code: only pods, nodes and the rules of the Kubernetes scheduler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from hypothesis import strategies as st

from novaplan.capacity.nodes import Node
from novaplan.capacity.pods import Pod, Workload
from novaplan.topology.service import DisruptionBudget, Spread

Placed = Sequence[tuple[Pod, int]]
HOST, ZONE, RACK = "kubernetes.io/hostname", "topology.kubernetes.io/zone", "example.com/rack"


def value(node: Node, key: str) -> str | None:
    """What a node has under a topology key."""
    if key == HOST:
        return node.name
    return node.zone if key == ZONE else dict(node.labels).get(key)


def violations(pods: Iterable[Pod], nodes: Sequence[Node], placed: Placed) -> list[str]:
    """Every way in which a placement is wrong; none when each pod has one place that it may have."""
    everywhere = [pod for pod in pods if pod.workload.everywhere]
    found = []
    if Counter(pod.name for pod, _ in placed) != Counter(pod.name for pod in pods if not pod.workload.everywhere):
        found.append("not every pod has exactly one place")
    for index, node in enumerate(nodes):
        here = [pod for pod, place in placed if place == index]
        if here and node.closed:
            found.append(f"{node.name} is closed")
        if not node.closed:
            here += everywhere
        limits = {
            "cpu": (sum(pod.cpu_request_millicores for pod in here), node.cpu_millicores),
            "memory": (sum(pod.memory_request_bytes for pod in here), node.memory_bytes),
            "pods": (len(here), node.pods),
            "volumes": (sum(pod.volumes for pod in here), node.volumes),
        }
        found += [f"{name} on {node.name}" for name, (used, have) in limits.items() if have is not None and used > have]
    for component in {pod.component for pod, _ in placed}:
        mine = [(pod, place) for pod, place in placed if pod.component == component]
        spread = mine[0][0].workload.spread
        if spread.anti_affinity == "required":
            values = [value(nodes[place], spread.topology_key) for _, place in mine]
            known = [item for item in values if item is not None]
            if len(known) != len(set(known)):
                found.append(f"{component} shares a {spread.topology_key}")
    return found


def arrangement(
    pods: Sequence[Pod], nodes: Sequence[Node], fixed: Placed = (), zones: Mapping[str, str] | None = None
) -> Placed | None:
    """Any arrangement of ``pods`` beside those that are ``fixed``, by trying all; ``zones`` binds some by name."""
    everywhere = [pod for pod in pods if pod.workload.everywhere]
    moving = [pod for pod in pods if not pod.workload.everywhere]
    everyone = [*everywhere, *moving, *(pod for pod, _ in fixed)]

    def extend(placed: list[tuple[Pod, int]], rest: Sequence[Pod]) -> Placed | None:
        known = [*everywhere, *(pod for pod, _ in placed)]
        if violations(known, nodes, placed):
            return None
        if not rest:
            return placed
        for index, node in enumerate(nodes):
            if (zones or {}).get(rest[0].name, node.zone) == node.zone:
                found = extend([*placed, (rest[0], index)], rest[1:])
                if found is not None:
                    return found
        return None

    assert len({pod.name for pod in everyone}) == len(everyone)
    return extend(list(fixed), moving)


# ---------------------------------------------------------------- small cases


@st.composite
def workloads(draw: st.DrawFn, name: str) -> Workload:
    spread = draw(
        st.sampled_from(
            [
                Spread(),
                Spread(anti_affinity="preferred"),
                Spread(anti_affinity="preferred", topology_key=ZONE),
                Spread(anti_affinity="required"),
                Spread(anti_affinity="required", topology_key=ZONE),
                Spread(anti_affinity="required", topology_key=RACK),
            ]
        )
    )
    budgets = [None, *(DisruptionBudget(min_available=n) for n in (0, 1, 2)), DisruptionBudget(min_available="50%")]
    budgets += [DisruptionBudget(max_unavailable=n) for n in (0, 1, "34%")]
    return Workload(name, "service", spread, draw(st.sampled_from(budgets)), everywhere=draw(st.integers(0, 9)) == 9)


@st.composite
def some_pods(draw: st.DrawFn, most: int = 6) -> tuple[Pod, ...]:
    """A few pods of a few components."""
    found: list[Pod] = []
    for name in ("a", "b", "c"):
        workload = draw(workloads(name))
        cpu, memory, volumes = draw(st.integers(0, 6)), draw(st.integers(0, 6)), draw(st.sampled_from([0, 0, 1, 2]))
        for number in range(1 if workload.everywhere else draw(st.integers(0, 3))):
            found.append(Pod(workload, number, cpu, memory, volumes))
    return tuple(found[:most])


@st.composite
def some_nodes(draw: st.DrawFn, most: int = 4) -> tuple[Node, ...]:
    """A few nodes, some of them alike."""
    kinds = draw(st.lists(st.tuples(st.integers(4, 14), st.integers(4, 14)), min_size=1, max_size=2))
    zones = draw(st.sampled_from([(None,), ("x", "y"), ("x", "y", "z"), ("x", None)]))
    found = []
    for number in range(draw(st.integers(1, most) | st.just(most))):
        cpu, memory = draw(st.sampled_from(kinds))
        rack = draw(st.sampled_from([None, "1", "2"]))
        node = Node(
            name=f"n{number}",
            cpu_millicores=cpu,
            memory_bytes=memory,
            pods=draw(st.sampled_from([2, 3, 110, 110])),
            volumes=draw(st.sampled_from([None, None, None, 2, 3])),
            zone=zones[number % len(zones)],
            labels=((RACK, rack),) if rack else (),
            closed=draw(st.sampled_from(["", "", "", "", "", "", "unschedulable"])),
        )
        found.append(node)
    return tuple(found)


@st.composite
def tight_cases(draw: st.DrawFn) -> tuple[tuple[Pod, ...], tuple[Node, ...]]:
    """Pods that fill nodes nearly to the brim, so that counting does not tell whether they fit."""
    sizes = draw(st.lists(st.tuples(st.integers(2, 6), st.integers(1, 6)), min_size=5, max_size=7))
    pods = tuple(Pod(Workload(f"s{n}", "service"), 0, cpu, memory) for n, (cpu, memory) in enumerate(sizes))
    count = draw(st.integers(2, 3))
    cpu = -(-sum(size[0] for size in sizes) // count) + draw(st.integers(0, 2))
    memory = -(-sum(size[1] for size in sizes) // count) + draw(st.integers(0, 2))
    return pods, tuple(Node(f"n{n}", cpu, memory) for n in range(count))
