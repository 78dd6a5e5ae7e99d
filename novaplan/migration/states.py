"""The states of a plan in the order in which it is told, with the numbers of every invariant in each of them.

A question is asked again only where a step edits something that it read, so a long plan of many services costs little
more than its first state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from novaplan.migration.invariants import Invariant
from novaplan.migration.obligations import Amount, Budget, Obligation, Shortfall
from novaplan.migration.world import View, World


@dataclass(frozen=True, slots=True)
class Numbers:
    """One invariant in one state."""

    obligations: int
    broken: int
    worst: Amount
    """The largest shortfall; 0 where nothing is short."""
    margin: int | None
    """The least that any sum leaves of its limit, negative where it is over; None where no limit is known."""


@dataclass(frozen=True, slots=True)
class State:
    """What is so after a step; after none, which is current."""

    after: str
    numbers: dict[str, Numbers]
    """By invariant."""


class _Cell:
    """One function of a state, with its last value and what that was read from."""

    __slots__ = ("ask", "reads", "value")

    def __init__(self, ask: Callable[[View], Any]) -> None:
        self.ask = ask
        self.value: Any = None
        self.reads: frozenset[str] = frozenset()

    def refresh(self, view: View) -> None:
        self.value = self.ask(view)
        self.reads = frozenset(read if isinstance(read, str) else read[0] for read in view.reads)


class _Question:
    """An obligation or a budget over cells."""

    def __init__(self, question: Obligation | Budget) -> None:
        asks = (question.limit, *question.terms) if isinstance(question, Budget) else (question.check,)
        self.sums = isinstance(question, Budget)
        self.cells = [_Cell(ask) for ask in asks]

    @property
    def margin(self) -> int | None:
        if not self.sums or self.cells[0].value is None:
            return None
        margin: int = self.cells[0].value - sum(cell.value for cell in self.cells[1:])
        return margin

    @property
    def amount(self) -> Amount:
        if self.sums:
            return max(0, -(self.margin or 0))
        shortfall: Shortfall | None = self.cells[0].value
        return 0 if shortfall is None else shortfall.amount


def states(world: World, invariants: Sequence[Invariant]) -> Iterator[State]:
    """Current, and what each step of ``world`` leaves, in order."""
    asked = {item.name: [_Question(question) for question in item.obligations(world)] for item in invariants}
    asked = {name: questions for name, questions in asked.items() if questions}
    readers: dict[str, set[_Cell]] = defaultdict(set)
    holder = {cell: name for name, questions in asked.items() for question in questions for cell in question.cells}
    numbers: dict[str, Numbers] = {}
    mask, stale = 0, set(holder)
    yield from _row(world, "", mask, stale, asked, readers, holder, numbers)
    for index in sorted(range(len(world.steps)), key=lambda index: world.order.rank[world.last[index]]):
        stale = set()
        for node in range(world.first(index), world.last[index] + 1):
            mask |= 1 << node
            stale.update(cell for edit in world.edits[node] for cell in readers.get(edit.address, ()))
        yield from _row(world, world.steps[index].id, mask, stale, asked, readers, holder, numbers)


def _row(
    world: World,
    after: str,
    mask: int,
    stale: set[_Cell],
    asked: dict[str, list[_Question]],
    readers: dict[str, set[_Cell]],
    holder: dict[_Cell, str],
    numbers: dict[str, Numbers],
) -> Iterator[State]:
    for cell in stale:
        for own in cell.reads:
            readers[own].discard(cell)
        cell.refresh(world.view(mask))
        for own in cell.reads:
            if own in world.writers:
                readers[own].add(cell)
    for name in {holder[cell] for cell in stale}:
        numbers[name] = _numbers(asked[name])
    yield State(after, dict(sorted(numbers.items())))


def _numbers(questions: Sequence[_Question]) -> Numbers:
    amounts = [question.amount for question in questions]
    margins = [margin for question in questions if (margin := question.margin) is not None]
    return Numbers(len(questions), sum(map(bool, amounts)), max(amounts), min(margins, default=None))
