"""What a loss leaves and whether nodes drain, against every way the pods could move."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings

from novaplan.capacity.nodes import Node
from novaplan.capacity.placement.losses import Aftermath, Drain
from novaplan.capacity.placement.settle import Effort
from novaplan.capacity.pods import Pod, Quorum, Workload
from novaplan.topology.service import DisruptionBudget, Spread
from tests.capacity.placement_checker import Placed, arrangement, some_nodes, some_pods
from tests.capacity.test_placement import nodes_of, pods_of

EFFORT = Effort(solver=False)


def without(pods: tuple[Pod, ...], nodes: tuple[Node, ...], placed: Placed, gone: set[int], moving: list[Pod]) -> bool:
    """Whether ``moving`` find a place when ``gone`` nodes are closed and everybody else stays."""
    closed = [replace(node, closed="gone") if index in gone else node for index, node in enumerate(nodes)]
    stay = [(pod, index) for pod, index in placed if index not in gone]
    where = {pod.name: nodes[index].zone for pod, index in placed}
    zones = {pod.name: where[pod.name] for pod in moving if pod.volumes and where[pod.name] is not None}
    everywhere = [pod for pod in pods if pod.workload.everywhere]
    return arrangement([*everywhere, *moving], closed, stay, zones) is not None  # type: ignore[arg-type]


def aftermath(pods: tuple[Pod, ...], nodes: tuple[Node, ...], placed: Placed) -> Aftermath:
    return Aftermath(nodes, tuple(placed), [pod for pod in pods if pod.workload.everywhere], EFFORT)


@settings(max_examples=150)
@given(some_pods(), some_nodes())
def test_losses(pods: tuple[Pod, ...], nodes: tuple[Node, ...]) -> None:
    placed = arrangement(pods, nodes)
    if placed is None:
        return
    losses = list(aftermath(pods, nodes, placed).losses())
    assert [loss.name for loss in losses if loss.scope == "node"] == [
        nodes[i].name for i in sorted({i for _, i in placed})
    ]
    for loss in losses:
        gone = {
            i for i, node in enumerate(nodes) if loss.name in ((node.name,) if loss.scope == "node" else (node.zone,))
        }
        moving = [pod for pod, index in placed if index in gone]
        assert loss.pods == len(moving)
        assert loss.fits is without(pods, nodes, placed, gone, moving)
        assert bool(loss.waiting) is bool(loss.reasons) is not loss.fits
        left = {pod.component for pod, index in placed if index not in gone}
        assert set(loss.down) == {pod.component for pod in moving} - left


@settings(max_examples=150)
@given(some_pods(), some_nodes())
def test_drains(pods: tuple[Pod, ...], nodes: tuple[Node, ...]) -> None:
    placed = arrangement(pods, nodes)
    if placed is None:
        return
    for drain in aftermath(pods, nodes, placed).drains():
        index = next(i for i, node in enumerate(nodes) if node.name == drain.node)
        assert drain.verdict == _verdict(pods, nodes, placed, index)
        assert bool(drain.reasons) is (drain.verdict != "yes")


def _verdict(pods: tuple[Pod, ...], nodes: tuple[Node, ...], placed: Placed, index: int) -> str:
    """By the rules: an eviction is granted while the budget allows one more missing pod; one that runs again elsewhere
    is missing no more."""
    moving = [pod for pod, place in placed if place == index]
    allowed = {pod.component: _allowed(pod.workload, placed) for pod in moving if pod.workload.budget}
    if 0 in allowed.values():
        return "no"
    if without(pods, nodes, placed, {index}, moving):
        return "yes"
    for number in range(len(moving), -1, -1):
        for rehoused in combinations(moving, number):
            missing = Counter(pod.component for pod in moving if pod not in rehoused)
            if all(missing[name] <= most for name, most in allowed.items()) and without(
                pods, nodes, placed, {index}, list(rehoused)
            ):
                return "waiting"
    return "no"


def _allowed(workload: Workload, placed: Placed) -> int:
    number = sum(pod.component == workload.name for pod, _ in placed)
    assert workload.budget is not None
    least, most = workload.budget.min_available, workload.budget.max_unavailable

    def up(value: int | str) -> int:
        return value if isinstance(value, int) else (number * int(value[:-1]) + 99) // 100

    return max(0, number - up(least)) if least is not None else min(number, up(most or 0))


def test_quorums_after_a_loss() -> None:
    etcd = Workload("etcd", "helper", quorums=(Quorum("etcd", 2, (1, 1, 1)),))
    pods = [Pod(etcd, number, 1, 1) for number in range(3)]
    placed = [(pods[0], 0), (pods[1], 0), (pods[2], 1)]
    first, second = [loss for loss in aftermath(tuple(pods), nodes_of(2), placed).losses() if loss.scope == "node"]
    assert first.quorums_lost == ("etcd",)
    assert [(vote.alive, vote.total, vote.needed, vote.holds) for vote in first.votes] == [(1, 3, 2, False)]
    assert second.quorums_lost == ()
    assert (first.fits, first.waiting, first.down) == (True, (), ())


def test_a_volume_keeps_a_pod_in_its_zone() -> None:
    pods = pods_of("db", 1, volumes=1)
    here = (Node("a1", 9, 9, zone="a"), Node("b1", 9, 9, zone="b"))
    (node, zone) = aftermath(pods, here, [(pods[0], 0)]).losses()
    for loss in (node, zone):
        assert (loss.fits, loss.waiting) == (False, ("db-0",))
        assert loss.reasons == ("db-0 must stay in a, where its volume is, and no other node there takes pods",)
    both = (*here, Node("a2", 9, 9, zone="a"))
    (node, zone) = aftermath(pods, both, [(pods[0], 0)]).losses()
    assert (node.fits, zone.fits) == (True, False)


def test_a_budget_that_allows_nothing_holds_a_node() -> None:
    pods = pods_of("api", 2, budget=DisruptionBudget(min_available=2))
    (drain, _) = aftermath(pods, nodes_of(3), [(pods[0], 0), (pods[1], 1)]).drains()
    reason = "the disruption budget of api allows none of its pods to be evicted"
    assert drain == Drain("n0", 1, "no", (), (reason,))


def test_three_members_on_three_nodes_wait_for_theirs() -> None:
    pods = pods_of("db", 3, budget=DisruptionBudget(min_available=2), spread=Spread(anti_affinity="required"))
    (drain, *_) = aftermath(pods, nodes_of(3), [(pod, pod.number) for pod in pods]).drains()
    assert (drain.verdict, drain.waiting) == ("waiting", ("db-0",))
