"""Every arrangement, one after the other: exact where pods and nodes are few, and given up after so many steps."""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.capacity.placement.problem import Board, Problem

STEPS = 20_000


class _GivenUp(Exception):
    """Too many steps."""


def search(problem: Problem, steps: int = STEPS) -> Board | bool:
    """An arrangement of all pods; False when there is none, True when the steps did not suffice to tell."""
    order = sorted(
        range(len(problem.groups)),
        key=lambda group: (len(problem.groups[group].nodes), [-amount for amount in problem.groups[group].size], group),
    )
    found = _Search(problem, order, steps)
    try:
        return found.board if found.place(0, 0) else False
    except _GivenUp:
        return True


class _Search:
    def __init__(self, problem: Problem, order: list[int], steps: int) -> None:
        self.board = Board(problem)
        self.order = order
        self.steps = steps
        self.alike = _alike(problem)

    def place(self, position: int, first: int) -> bool:
        """Place the groups from ``position`` on. Pods of one group are alike, so their nodes only ever go up."""
        while position < len(self.order) and not self.board.waiting[self.order[position]]:
            position, first = position + 1, 0
        if position == len(self.order):
            return True
        group = self.order[position]
        nodes = self.board.problem.groups[group].nodes
        for place, node in self._choices(group, nodes, first):
            self.steps -= 1
            if self.steps < 0:
                raise _GivenUp
            self.board.put(group, node)
            if self.place(position, place):
                return True
            self.board.take(group, node)
        return False

    def _choices(self, group: int, nodes: tuple[int, ...], first: int) -> Iterator[tuple[int, int]]:
        tried: set[tuple[int, ...]] = set()
        for place in range(first, len(nodes)):
            node = nodes[place]
            if not self.board.room(group, node):
                continue
            # Two nodes that are alike and both empty are one choice.
            if self.board.free[2][node] == self.board.problem.free[2][node]:
                if self.alike[node] in tried:
                    continue
                tried.add(self.alike[node])
            yield place, node


def _alike(problem: Problem) -> list[tuple[int, ...]]:
    """For each node what an exchange with another node would change: what is free, its domains but its own name, and
    which groups may go there."""
    kinds: dict[object, int] = {}
    found: list[tuple[int, ...]] = []
    for node in range(len(problem.nodes)):
        shared = tuple(
            rule.domain[node] if rule.domain[node] < 0 or rule.domain.count(rule.domain[node]) > 1 else -2
            for rules in problem.apart
            for rule in rules
            if rule.forbidden
        )
        ran = tuple(sorted(pod.component for pod, place in problem.fixed if place == node))
        able = tuple(node in group.nodes for group in problem.groups)
        key = (tuple(row[node] for row in problem.free), shared, ran, able)
        found.append((kinds.setdefault(key, len(kinds)),))
    return found
