"""Whether pods fit given nodes, by the cheapest means that tells: counting, quick arrangements, every arrangement, the
solver."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Literal

from novaplan.capacity.placement import greedy, solver
from novaplan.capacity.placement.obstacles import Obstacle, obstacles
from novaplan.capacity.placement.problem import Board, Problem
from novaplan.capacity.placement.search import STEPS, search

MOST_SLOTS_TO_SEARCH = 500
"""Pairs of a group and a node beyond which trying every arrangement is hopeless."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work an answer may take. Every limit counts steps, not time, so that the answer is the same on every run
    and machine."""

    steps: int = STEPS
    """Pods put somewhere while every arrangement is tried."""
    solver: bool | None = None
    """Ask the solver: None where it is installed, True always (``MissingExtraError`` without it), False never."""
    solver_limit: float = 10.0
    """Deterministic seconds of one question to the solver."""

    @property
    def asks_solver(self) -> bool:
        """Whether the solver is asked. Raises ``MissingExtraError`` when it should be and is not installed."""
        installed = self.solver is not False and solver.is_installed()
        if self.solver and not installed:
            from novaplan.errors import MissingExtraError

            raise MissingExtraError("an exact placement needs OR-Tools: pip install 'novaplan[solve]'")
        return installed


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known about one question: do these pods fit these nodes?"""

    fits: bool | None
    """None: no arrangement was found, and none was ruled out."""
    board: Board
    """The arrangement; without one, the one that leaves the fewest pods over."""
    obstacles: tuple[Obstacle, ...] = ()
    """Limits that rule it out by themselves."""


Prefer = Literal["spread", "full"]
"""Which arrangements are tried first: those that spread pods, or those that fill nodes."""


def settle(problem: Problem, effort: Effort, prefer: Prefer = "spread") -> Settled:
    """Whether all pods fit, with the arrangement or the reason."""
    found = obstacles(problem)
    first = greedy.spread(problem) if prefer == "spread" or found else None
    if first is not None and (found or not first.left):
        return Settled(not found, first, found)
    best = quick(problem, first)
    if not best.left:
        return Settled(True, best)
    if problem.slots <= MOST_SLOTS_TO_SEARCH:
        answer = search(problem, effort.steps)
        if answer is not True:
            return Settled(False, best) if answer is False else Settled(True, answer)
    if effort.asks_solver:
        answer = solver.solve(problem, effort.solver_limit)
        if answer is not True:
            return Settled(False, best) if answer is False else Settled(True, answer)
    return Settled(None, best)


def quick(problem: Problem, best: Board | None = None, rules: int = 4) -> Board:
    """The first of the quick arrangements that places every pod, or the one that leaves the fewest over."""
    for board in islice(greedy.fills(problem), rules):
        if not board.left:
            return board
        if best is None or board.left < best.left:
            best = board
    assert best is not None
    return greedy.repair(best)
