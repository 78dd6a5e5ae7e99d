"""The states of a plan in the order in which it is told, with the numbers of every invariant in each of them.

A question is asked again only where a step edits something that it read, so a long plan of many services costs little
more than its first state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
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


class _Tally:
    """One invariant: what its questions came to, those that are met left out."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.amounts: dict[_Question, Amount] = {}
        self.margins: dict[_Question, int] = {}

    def note(self, question: _Question) -> None:
        for known, value in ((self.amounts, question.amount or None), (self.margins, question.margin)):
            if value is None:
                known.pop(question, None)
            else:
                known[question] = value  # type: ignore[assignment]

    @property
    def numbers(self) -> Numbers:
        worst = max(self.amounts.values(), default=0)
        return Numbers(self.count, len(self.amounts), worst, min(self.margins.values(), default=None))


class _Telling:
    """Goes from state to state and asks again what may have changed."""

    def __init__(self, world: World, invariants: Sequence[Invariant]) -> None:
        self.world = world
        self.readers: dict[str, set[_Cell]] = defaultdict(set)
        self.holder: dict[_Cell, tuple[str, _Question]] = {}
        self.tallies: dict[str, _Tally] = {}
        self.numbers: dict[str, Numbers] = {}
        for invariant in sorted(invariants, key=lambda item: item.name):
            questions = [_Question(question) for question in invariant.obligations(world)]
            if questions:
                self.tallies[invariant.name] = _Tally(len(questions))
            self.holder |= {cell: (invariant.name, question) for question in questions for cell in question.cells}

    def state(self, after: str, mask: int, stale: Iterable[_Cell]) -> State:
        view_of, touched = self.world.view, set()
        for cell in stale:
            for own in cell.reads:
                self.readers[own].discard(cell)
            cell.refresh(view_of(mask))
            for own in cell.reads & self.world.writers.keys():
                self.readers[own].add(cell)
            touched.add(self.holder[cell])
        for name, question in touched:
            self.tallies[name].note(question)
        for name in {name for name, _ in touched}:
            self.numbers[name] = self.tallies[name].numbers
        return State(after, dict(sorted(self.numbers.items())))


def states(world: World, invariants: Sequence[Invariant]) -> Iterator[State]:
    """Current, and what each step of ``world`` leaves, in order."""
    telling = _Telling(world, invariants)
    mask = 0
    yield telling.state("", mask, list(telling.holder))
    for index in sorted(range(len(world.steps)), key=lambda index: world.order.rank[world.last[index]]):
        stale: set[_Cell] = set()
        for node in range(world.first(index), world.last[index] + 1):
            mask |= 1 << node
            stale.update(cell for edit in world.edits[node] for cell in telling.readers.get(edit.address, ()))
        yield telling.state(world.steps[index].id, mask, stale)
