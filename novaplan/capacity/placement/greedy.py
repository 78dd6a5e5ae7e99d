"""Arrangements made pod by pod, and made better by moves. Nothing here is exact; everything is deterministic.

``fill`` puts each pod where it suits what is left of the node: the score is the scalar product of the request and of
what is free (dot-product heuristics for vector bin packing, https://doi.org/10.48550/arXiv.1009.1117 and Panigrahy et
al., 2011), which keeps CPU and memory in balance. ``spread`` puts each pod where the fewest of its like are, then where
there is most room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from novaplan.capacity.nodes import PODS
from novaplan.capacity.placement.problem import Board, Problem

Score = Callable[[Board, int, int], float]
"""How ill a pod of a group suits a node; the lowest score wins, then the first node."""


def spread(problem: Problem) -> Board:
    """Pods of a component on as many nodes and zones as may be, then on the emptiest nodes."""
    capacity = _capacity(problem)

    def ill(board: Board, group: int, node: int) -> tuple[int, float]:
        size = problem.groups[group].size
        used = max(1 - (board.free[r][node] - size[r]) / capacity[r] for r in range(2))
        # A pod that requests nothing still takes something.
        return board.crowd(group, node), used - board.free[2][node] / PODS

    board = Board(problem)
    for group in _hardest_first(problem):
        nodes = problem.groups[group].nodes
        while board.waiting[group]:
            fitting = [node for node in nodes if board.room(group, node)]
            if not fitting:
                break
            board.put(group, min(fitting, key=lambda node: (*ill(board, group, node), node)))
    return board


def fills(problem: Problem) -> Iterator[Board]:
    """Arrangements by one rule after the other; the first that places every pod will do."""
    for score in (_product(problem), _angle(problem), _balance(problem), _tightest(problem)):
        board = Board(problem)
        for group in _hardest_first(problem):
            _fill(board, group, score)
        yield board


def _fill(board: Board, group: int, score: Score) -> None:
    nodes = board.problem.groups[group].nodes
    while board.waiting[group]:
        best: tuple[float, int] | None = None
        for node in nodes:
            if board.room(group, node):
                found = (score(board, group, node), node)
                if best is None or found < best:
                    best = found
        if best is None:
            return
        board.put(group, best[1])


def _capacity(problem: Problem) -> list[int]:
    """The most that a node has free of each resource."""
    return [max((row[index] for index in problem.open), default=0) or 1 for row in problem.free]


def _pressure(problem: Problem) -> list[float]:
    """How much of each resource the pods ask for, as a part of what is free."""
    free = [sum(max(row[index], 0) for index in problem.open) or 1 for row in problem.free]
    return [sum(len(g.pods) * g.size[r] for g in problem.groups) / free[r] for r in range(len(free))]


def _hardest_first(problem: Problem) -> list[int]:
    """Groups whose pods must keep apart and have few nodes to do so, then by how much one pod takes."""
    capacity, pressure = _capacity(problem), _pressure(problem)

    def hardness(group: int) -> tuple[int, float, int]:
        about = problem.groups[group]
        tight = any(
            rule.forbidden and 2 * len(about.pods) > len({rule.domain[n] for n in about.nodes})
            for rule in problem.apart[about.component]
        )
        share = sum(pressure[r] * about.size[r] / capacity[r] for r in range(len(capacity)))
        return (0 if tight else 1, -share, group)

    return sorted(range(len(problem.groups)), key=hardness)


def _product(problem: Problem) -> Score:
    capacity, pressure = _capacity(problem), _pressure(problem)
    weight = [pressure[r] / capacity[r] ** 2 for r in range(2)]

    def score(board: Board, group: int, node: int) -> float:
        size = problem.groups[group].size
        return -(weight[0] * board.free[0][node] * size[0] + weight[1] * board.free[1][node] * size[1])

    return score


def _angle(problem: Problem) -> Score:
    capacity = _capacity(problem)

    def score(board: Board, group: int, node: int) -> float:
        cpu, memory = board.free[0][node] / capacity[0], board.free[1][node] / capacity[1]
        size = problem.groups[group].size
        length = (cpu * cpu + memory * memory) ** 0.5 or 1.0
        return -(cpu * size[0] / capacity[0] + memory * size[1] / capacity[1]) / length

    return score


def _balance(problem: Problem) -> Score:
    capacity = _capacity(problem)

    def score(board: Board, group: int, node: int) -> float:
        size = problem.groups[group].size
        return abs((board.free[0][node] - size[0]) / capacity[0] - (board.free[1][node] - size[1]) / capacity[1])

    return score


def _tightest(problem: Problem) -> Score:
    capacity, pressure = _capacity(problem), _pressure(problem)

    def score(board: Board, group: int, node: int) -> float:
        size = problem.groups[group].size
        return sum(pressure[r] * (board.free[r][node] - size[r]) / capacity[r] for r in range(len(capacity)))

    return score


def repair(board: Board, rounds: int = 200) -> Board:
    """Make room for pods without a place by moving one other pod away, as long as that helps."""
    for _ in range(rounds):
        group = next((index for index, waiting in enumerate(board.waiting) if waiting), None)
        if group is None or not any(_make_room(board, index) for index, n in enumerate(board.waiting) if n):
            break
    return board


def _make_room(board: Board, group: int) -> bool:
    for node in board.problem.groups[group].nodes:
        if board.room(group, node):
            board.put(group, node)
            return True
    for node in board.problem.groups[group].nodes:
        for other in [index for index, at in enumerate(board.at) if node in at and index != group]:
            board.take(other, node)
            if board.room(group, node):
                board.put(group, node)
                refuge = next(
                    (n for n in board.problem.groups[other].nodes if n != node and board.room(other, n)), None
                )
                if refuge is not None:
                    board.put(other, refuge)
                    return True
                board.take(group, node)
            board.put(other, node)
    return False


def improve(board: Board, most: int = 2000) -> Board:
    """Move pods to where fewer of their like are, and exchange pods for it, until nothing gets better."""
    for _ in range(most):
        if not any(_better_place(board, group) for group in range(len(board.at))):
            break
    return board


def _better_place(board: Board, group: int) -> bool:
    nodes = board.problem.groups[group].nodes
    for node in sorted(board.at[group]):
        board.take(group, node)
        here = board.crowd(group, node)
        if here:
            choices = [(board.crowd(group, other), other) for other in nodes if other != node]
            better = sorted(choice for choice in choices if choice[0] < here)
            for _, other in better:
                if board.room(group, other):
                    board.put(group, other)
                    return True
            if len(board.problem.nodes) <= MOST_NODES_TO_EXCHANGE and _exchange(board, group, node, better, here):
                return True
        board.put(group, node)
    return False


MOST_NODES_TO_EXCHANGE = 50
"""Exchanges look at every pod of every better node; beyond this many nodes there is room without them."""


def _exchange(board: Board, group: int, node: int, better: list[tuple[int, int]], here: int) -> bool:
    """``group`` left ``node``; take a pod of another group from a better node in return, if both gain together."""
    for there, other in better:
        for partner in [index for index, at in enumerate(board.at) if other in at and index != group]:
            if node not in board.problem.groups[partner].nodes:
                continue
            board.take(partner, other)
            gain = here - there + board.crowd(partner, other) - board.crowd(partner, node)
            if gain > 0 and board.room(group, other) and board.room(partner, node):
                board.put(group, other)
                board.put(partner, node)
                return True
            board.put(partner, other)
    return False
