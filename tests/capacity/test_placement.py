"""Whether pods fit: against every arrangement there is, by every means that tells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from novaplan.capacity.nodes import Node
from novaplan.capacity.placement import greedy, solver
from novaplan.capacity.placement.explain import reasons
from novaplan.capacity.placement.fit import place
from novaplan.capacity.placement.obstacles import obstacles
from novaplan.capacity.placement.problem import Board, Problem
from novaplan.capacity.placement.search import search
from novaplan.capacity.placement.settle import Effort, quick, settle
from novaplan.capacity.pods import Pod, Workload
from novaplan.errors import DoesNotFit
from novaplan.topology.service import Spread
from tests.capacity.placement_checker import ZONE, arrangement, some_nodes, some_pods, tight_cases, violations

WITHOUT_SOLVER = Effort(solver=False)
Pods = tuple[Pod, ...]
Nodes = tuple[Node, ...]


def pods_of(name: str, count: int, cpu: int = 1, memory: int = 1, volumes: int = 0, **about: object) -> Pods:
    workload = Workload(name, "service", **about)  # type: ignore[arg-type]
    return tuple(Pod(workload, number, cpu, memory, volumes) for number in range(count))


def nodes_of(count: int, cpu: int = 10, memory: int = 10, **about: object) -> Nodes:
    return tuple(Node(f"n{index}", cpu, memory, zone="xyz"[index % 3], **about) for index in range(count))  # type: ignore[arg-type]


@settings(max_examples=300)
@given(some_pods(), some_nodes())
def test_it_fits_exactly_when_some_arrangement_does(pods: Pods, nodes: Nodes) -> None:
    settled = settle(Problem(pods, nodes), WITHOUT_SOLVER)
    possible = arrangement(pods, nodes) is not None
    event(f"possible: {possible}, obstacles: {bool(settled.obstacles)}")
    assert settled.fits is possible
    if possible:
        assert violations(pods, nodes, settled.board.placing()) == []
    else:
        assert reasons(pods, nodes, settled, WITHOUT_SOLVER)


@settings(max_examples=200)
@given(tight_cases())
def test_where_counting_does_not_tell(case: tuple[Pods, Nodes]) -> None:
    pods, nodes = case
    possible = arrangement(pods, nodes) is not None
    for effort in (WITHOUT_SOLVER, Effort(steps=0)):
        settled = settle(Problem(pods, nodes), effort)
        event(f"possible: {possible}, obstacles: {bool(settled.obstacles)}")
        if effort.steps or effort.asks_solver:
            assert settled.fits is possible
        if settled.fits:
            assert violations(pods, nodes, settled.board.placing()) == []


@settings(max_examples=200)
@given(some_pods(), some_nodes())
def test_an_obstacle_is_a_proof(pods: Pods, nodes: Nodes) -> None:
    if obstacles(Problem(pods, nodes)):
        assert arrangement(pods, nodes) is None


@settings(max_examples=150)
@given(some_pods(), some_nodes())
def test_search_and_solver_agree_with_every_arrangement(pods: Pods, nodes: Nodes) -> None:
    problem = Problem(pods, nodes)
    # What runs everywhere and fits no node is an obstacle, not a question for a search.
    if obstacles(problem):
        return
    pytest.importorskip("ortools")
    possible = arrangement(pods, nodes) is not None
    for answer in (search(problem), solver.solve(problem, 10)):
        assert isinstance(answer, Board) is possible
        if isinstance(answer, Board):
            assert violations(pods, nodes, answer.placing()) == []
        else:
            assert answer is False


@settings(max_examples=150)
@given(some_pods(12), some_nodes(6), st.booleans())
def test_quick_arrangements_never_break_a_limit(pods: Pods, nodes: Nodes, spread_first: bool) -> None:
    problem = Problem(pods, nodes)
    if any("what runs on every node" in found.sentence for found in obstacles(problem)):
        return
    board = greedy.spread(problem) if spread_first else quick(problem)
    for arranged in (board, greedy.improve(board.copy()), greedy.repair(board.copy())):
        left = {pod.name for pod in arranged.left_over()}
        placed = [pod for pod in pods if pod.name not in left]
        assert violations(placed, nodes, arranged.placing()) == []
        assert arranged.left == len(left) <= board.left


@given(some_pods(), some_nodes())
def test_moves_never_crowd(pods: Pods, nodes: Nodes) -> None:
    board = quick(Problem(pods, nodes))
    assert crowding(greedy.improve(board.copy())) <= crowding(board)


def crowding(board: Board) -> int:
    """Pairs of pods that share a domain, each with its weight."""
    return sum(
        rule.weight * number * (number - 1) // 2
        for rules, near in zip(board.problem.apart, board.near, strict=True)
        for rule, counts in zip(rules, near, strict=True)
        for number in counts
    )


@given(some_pods(), some_nodes())
def test_the_same_question_has_the_same_answer(pods: Pods, nodes: Nodes) -> None:
    first, second = (settle(Problem(pods, nodes), WITHOUT_SOLVER) for _ in range(2))
    assert first.board.placing() == second.board.placing()
    assert first.obstacles == second.obstacles


def refused(pods: Pods, nodes: Nodes, effort: Effort = WITHOUT_SOLVER) -> list[str]:
    with pytest.raises(DoesNotFit) as caught:
        place(pods, nodes, effort)
    return str(caught.value).splitlines()


REQUIRED = Spread(anti_affinity="required")
GIB = 1 << 30


@pytest.mark.parametrize(
    ("pods", "nodes", "sentence"),
    [
        (pods_of("etcd", 3, spread=REQUIRED), nodes_of(2), "etcd needs 3 nodes; you have 2"),
        (
            pods_of("etcd", 3, spread=Spread(anti_affinity="required", topology_key=ZONE)),
            nodes_of(2),
            "etcd needs 3 zones; you have 2",
        ),
        (
            pods_of("etcd", 2, cpu=8, spread=REQUIRED),
            (*nodes_of(1), Node("small", 4, 10), Node("tiny", 3, 10)),
            "etcd needs 2 nodes; 1 of 3 have room for one",
        ),
        (
            pods_of("api", 61, cpu=0, memory=GIB),
            (Node("one", 100, 30 * GIB), Node("two", 100, 28 * GIB)),
            "memory: 61.0Gi requested, 58.0Gi allocatable",
        ),
        (pods_of("api", 3, cpu=5), nodes_of(1), "CPU: 15m requested, 10m allocatable"),
        (pods_of("api", 3), nodes_of(1, pods=2), "pods: 3 requested, 2 allowed on the nodes"),
        (pods_of("db", 3, volumes=1), nodes_of(1, volumes=2), "volumes: 3 requested, 2 attachable"),
        (
            pods_of("db", 1, memory=11),
            nodes_of(2, memory=10),
            "db-0 asks for 11 memory; no node has more than 10 allocatable",
        ),
        (pods_of("db", 3, memory=6), nodes_of(2), "3 pods ask for so much memory that no two of them can share a node"),
        (pods_of("db", 1), (), "there is no node; 1 pod need one"),
        (
            pods_of("db", 1),
            nodes_of(2, closed="taint dedicated=gpu:NoSchedule"),
            "no node takes pods: 2 nodes with taint dedicated=gpu:NoSchedule",
        ),
        (
            pods_of("logs", 1, cpu=20, everywhere=True),
            nodes_of(2),
            "CPU: what runs on every node takes 20m of each, and n0 has 10m",
        ),
    ],
)
def test_the_reason_is_named(pods: Pods, nodes: Nodes, sentence: str) -> None:
    assert sentence in "\n".join(refused(pods, nodes))


def test_when_only_all_limits_together_do_it_says_which_would_have_to_go() -> None:
    (line,) = refused(pods_of("a", 5, cpu=4), nodes_of(2, cpu=10))
    assert line.startswith("no limit by itself rules it out, but all of them together do: ")
    assert line.endswith("it would fit without the limit on CPU")


def test_what_nobody_can_tell_is_said_so() -> None:
    pods = (*pods_of("a", 20, cpu=4, memory=3), *pods_of("b", 20, cpu=3, memory=4), *pods_of("c", 19, cpu=3, memory=3))
    problem = Problem(pods, nodes_of(20))
    settled = replace(settle(problem, WITHOUT_SOLVER), fits=None, obstacles=())
    (line,) = reasons(pods, problem.nodes, settled, WITHOUT_SOLVER)
    assert "though no limit by itself rules it out; pip install 'novaplan[solve]' may tell for sure" in line


def test_preferred_pods_spread_when_they_can_and_share_when_they_must() -> None:
    prefer = Spread(anti_affinity="preferred")
    apart = place(pods_of("api", 3, spread=prefer), nodes_of(3)).placing()
    assert {node for _, node in apart} == {0, 1, 2}
    together = place(pods_of("api", 4, spread=prefer), nodes_of(2)).placing()
    assert sorted(node for _, node in together) == [0, 0, 1, 1]


def test_members_with_volumes_spread_over_zones() -> None:
    pods = pods_of("db", 3, volumes=1, spread=REQUIRED)
    nodes = (
        Node("a1", 9, 9, zone="a"),
        Node("a2", 9, 9, zone="a"),
        Node("b1", 9, 9, zone="b"),
        Node("c1", 9, 9, zone="c"),
    )
    assert {nodes[index].zone for _, index in place(pods, nodes).placing()} == {"a", "b", "c"}


def test_the_solver_finds_what_quick_arrangements_do_not() -> None:
    pytest.importorskip("ortools")
    # Three of 4 and two of 3 fill 10 and 8 only one way round.
    pods = (*pods_of("a", 12, cpu=4, memory=0), *pods_of("b", 24, cpu=3, memory=0))
    nodes = nodes_of(12, cpu=10)
    board = solver.solve(Problem(pods, nodes), 10)
    assert isinstance(board, Board)
    assert violations(pods, nodes, board.placing()) == []


def test_asking_for_a_solver_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from novaplan.errors import MissingExtraError

    monkeypatch.setattr(solver, "is_installed", lambda: False)
    with pytest.raises(MissingExtraError, match=r"novaplan\[solve\]"):
        _ = Effort(solver=True).asks_solver
    assert Effort().asks_solver is False


def test_huge_amounts_stay_exact() -> None:
    most = (1 << 63) - 1
    pods = pods_of("db", 2, cpu=most, memory=most)
    assert place(pods, nodes_of(2, cpu=most, memory=most)).left == 0
    assert refused(pods, nodes_of(2, cpu=most, memory=most - 1))[0].startswith("db-0 asks for ")


def test_nodes_that_are_not_alike_are_each_tried() -> None:
    pods = (*pods_of("four", 1, cpu=4), *pods_of("three", 3, cpu=3))
    nodes = (Node("six", 6, 9), Node("seven", 7, 9))
    answer = search(Problem(pods, nodes))
    assert isinstance(answer, Board)
    assert violations(pods, nodes, answer.placing()) == []


def test_pods_are_exchanged_where_there_is_no_room_to_move() -> None:
    prefer = Spread(anti_affinity="preferred")
    pods = (*pods_of("api", 2, spread=prefer), *pods_of("web", 2, spread=prefer))
    board = Board(Problem(pods, nodes_of(2, pods=2)))
    for group, node in ((0, 0), (0, 0), (1, 1), (1, 1)):
        board.put(group, node)
    assert greedy.improve(board).placing() == tuple(zip(pods, (0, 1, 0, 1), strict=True))
