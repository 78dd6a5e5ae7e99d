"""An exact answer from OR-Tools CP-SAT, where the extra ``solve`` is installed: where every pod goes, or that no
arrangement exists.

One variable for each group of pods that are alike and each node, not one for each pod. One worker, a fixed seed and a
limit on deterministic time make the answer the same on every run.
"""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import TYPE_CHECKING

from novaplan.capacity.placement.problem import Board, Problem

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

MOST_SLOTS = 20_000
"""Pairs of a group and a node above which the model takes too long to be worth it (200 pods: about 2,000)."""
_LARGEST = 1 << 60  # CP-SAT counts in 64 bits and refuses sums that might not fit


def is_installed() -> bool:
    """Whether the extra ``solve`` is there."""
    return find_spec("ortools") is not None


def solve(problem: Problem, limit: float) -> Board | bool:
    """An arrangement of all pods; False when there is none, True when ``limit`` did not suffice to tell.

    ``limit`` is in CP-SAT's deterministic seconds, which are about seconds and the same on every machine. Raises
    ``ImportError`` without OR-Tools.
    """
    from ortools.sat.python import cp_model

    if problem.slots > MOST_SLOTS or not _countable(problem):
        return True
    model = cp_model.CpModel()
    count = [
        {node: model.new_int_var(0, _most(problem, index, node), f"{index}@{node}") for node in group.nodes}
        for index, group in enumerate(problem.groups)
    ]
    for group, at in zip(problem.groups, count, strict=True):
        model.add(sum(at.values()) == len(group.pods))
    _limit_resources(problem, model, count)
    _keep_apart(problem, model, count)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = limit
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return _board(problem, [{node: solver.value(item) for node, item in at.items()} for at in count])
    return status != cp_model.INFEASIBLE


def _board(problem: Problem, count: list[dict[int, int]]) -> Board:
    board = Board(problem)
    for group, at in enumerate(count):
        for node, times in at.items():
            for _ in range(times):
                if not board.room(group, node):
                    raise AssertionError(f"the solver's answer breaks a limit on node {node}")
                board.put(group, node)
    return board


def _most(problem: Problem, index: int, node: int) -> int:
    """How many pods of a group one node takes at most."""
    group = problem.groups[index]
    if any(rule.forbidden and rule.domain[node] >= 0 for rule in problem.apart[group.component]):
        return 1
    fit = (problem.free[r][node] // amount for r, amount in enumerate(group.size) if amount)
    return min(len(group.pods), *fit)


def _scale(problem: Problem, resource: int) -> int:
    """The largest unit that all requests are multiples of; what a node has beyond such a multiple is of no use."""
    return math.gcd(*(group.size[resource] for group in problem.groups)) or 1


def _countable(problem: Problem) -> bool:
    sums = (
        sum(len(group.pods) * group.size[resource] for group in problem.groups) // _scale(problem, resource)
        for resource in range(4)
    )
    return all(total < _LARGEST for total in sums)


def _limit_resources(problem: Problem, model: cp_model.CpModel, count: list[dict[int, cp_model.IntVar]]) -> None:
    for resource, free in enumerate(problem.free):
        unit = _scale(problem, resource)
        for node in problem.open:
            terms = [
                (group.size[resource] // unit) * at[node]
                for group, at in zip(problem.groups, count, strict=True)
                if node in at and group.size[resource]
            ]
            if terms:
                model.add(sum(terms) <= max(free[node], 0) // unit)


def _keep_apart(problem: Problem, model: cp_model.CpModel, count: list[dict[int, cp_model.IntVar]]) -> None:
    for number, rules in enumerate(problem.apart):
        groups = [index for index, group in enumerate(problem.groups) if group.component == number]
        taken = [node for pod, node in problem.fixed if problem.number(pod.component) == number]
        for rule in rules if groups else ():
            if not rule.forbidden:
                continue
            here: dict[int, list[cp_model.IntVar]] = {}
            for index in groups:
                for node, item in count[index].items():
                    here.setdefault(rule.domain[node], []).append(item)
            for domain in sorted(here.keys() - {-1}):
                free = not any(rule.domain[node] == domain for node in taken)
                model.add(sum(here[domain]) <= int(free))
