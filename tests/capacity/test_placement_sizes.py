"""The smallest number of nodes and the cheapest mix, against every number and every mix there is."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from novaplan.capacity.nodes import Kind, make_nodes
from novaplan.capacity.placement.model import Proof
from novaplan.capacity.placement.settle import Effort
from novaplan.capacity.placement.sizing import cheapest, smallest
from novaplan.capacity.pods import Pod
from novaplan.errors import DoesNotFit, NodesError
from novaplan.topology.service import Spread
from tests.capacity.placement_checker import arrangement, some_pods, violations
from tests.capacity.test_placement import pods_of

EFFORT = Effort(solver=False)


@st.composite
def kinds(draw: st.DrawFn, name: str, zones: tuple[str, ...] = ()) -> Kind:
    return Kind(
        name=name,
        cpu=f"{draw(st.integers(2, 9))}m",
        memory=draw(st.integers(2, 9)),
        pods=draw(st.sampled_from([2, 3, 110])),
        volumes=draw(st.sampled_from([None, 2, 3])),
        zones=zones,
        price_per_month=draw(st.integers(1, 9)),
    )


@settings(max_examples=150)
@given(some_pods(5), kinds("k", ("x", "y")) | kinds("k"))
def test_the_smallest_number_of_nodes(pods: tuple[Pod, ...], kind: Kind) -> None:
    enough = [n for n in range(1, len(pods) + 3) if arrangement(pods, make_nodes(kind, n)) is not None]
    if not enough:
        with pytest.raises(DoesNotFit):
            smallest(pods, kind, EFFORT)
        return
    found = smallest(pods, kind, EFFORT)
    assert (found.lower, found.found, len(found.nodes)) == (enough[0],) * 3
    assert violations(pods, found.nodes, found.board.placing()) == []


@settings(max_examples=75)
@given(some_pods(4), kinds("small"), kinds("big"))
def test_the_cheapest_mix(pods: tuple[Pod, ...], small: Kind, big: Kind) -> None:
    assume(any(not pod.workload.everywhere for pod in pods))
    both, most = (small, big), len(pods) + 1
    prices: list[int] = []
    for counts in product(range(most), repeat=2):
        nodes = (*make_nodes(small, counts[0]), *make_nodes(big, counts[1]))
        if nodes and arrangement(pods, nodes) is not None:
            prices.append(sum(node.price_cents or 0 for node in nodes))
    if not prices:
        with pytest.raises(DoesNotFit):
            cheapest(pods, both, EFFORT)
        return
    found = cheapest(pods, both, EFFORT)
    assert (found.lower, found.found) == (min(prices), min(prices))
    assert sum(node.price_cents or 0 for node in found.nodes) == found.found
    assert violations(pods, found.nodes, found.board.placing()) == []


KIND = Kind(name="k", cpu="10m", memory=10, zones=("x", "y"), price_per_month="1.00")


def test_why_it_cannot_be_fewer() -> None:
    found = smallest(pods_of("etcd", 3, spread=Spread(anti_affinity="required")), KIND, EFFORT)
    assert (len(found.nodes), found.because) == (3, "2 would not do: etcd needs 3 nodes; you have 2")
    assert smallest(pods_of("api", 1), KIND, EFFORT).because == "every pod needs a node"


def test_no_number_of_nodes_will_do() -> None:
    zone = Spread(anti_affinity="required", topology_key="topology.kubernetes.io/zone")
    with pytest.raises(DoesNotFit, match="no number of k nodes: etcd needs 3 zones; you have 2"):
        smallest(pods_of("etcd", 3, spread=zone), KIND, EFFORT)
    with pytest.raises(DoesNotFit, match="no number of k nodes: big-0 asks for 11m CPU"):
        smallest(pods_of("big", 1, cpu=11), KIND, EFFORT)


def test_a_kind_without_a_price_has_no_cheapest_mix() -> None:
    with pytest.raises(NodesError, match="free has no price; state price_per_month"):
        cheapest(pods_of("api", 1), [KIND, Kind(name="free", cpu=1, memory=1)], EFFORT)


def test_tainted_kinds_are_passed_over() -> None:
    gpu = Kind(name="gpu", cpu="10", memory=10, price_per_month=0, taints=({"key": "gpu", "effect": "NoSchedule"},))
    found = cheapest(pods_of("api", 1), [gpu, KIND], EFFORT)
    assert [node.kind for node in found.nodes] == ["k"]
    with pytest.raises(NodesError, match="no kind of node takes pods"):
        cheapest(pods_of("api", 1), [gpu], EFFORT)


def test_hundreds_of_pods_come_with_a_bound() -> None:
    pods = [pod for n in range(60) for pod in pods_of(f"s{n}", 5, cpu=1 + n % 4, memory=1 + n * 7 % 5)]
    found = smallest(pods, KIND, EFFORT)
    assert found.lower <= found.found <= found.lower * 1.05
    assert violations(pods, found.nodes, found.board.placing()) == []
    big = Kind(name="big", cpu="40m", memory=40, zones=("x", "y"), price_per_month="3.90")
    mix = cheapest(pods, [KIND, big], EFFORT)
    assert mix.lower <= mix.found <= mix.lower * 1.05
    assert violations(pods, mix.nodes, mix.board.placing()) == []


def test_the_gap_is_rounded_up() -> None:
    assert (Proof("nodes", 163, 164).gap_per_mille, Proof("nodes", 163, 164).optimal) == (7, False)
    assert (Proof("nodes", 3, 3).gap_per_mille, Proof("nodes", 3, 3).optimal) == (0, True)
