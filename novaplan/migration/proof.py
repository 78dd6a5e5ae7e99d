"""The proof of a plan: what is shown for every state that its steps can reach, and what was found instead.

Three theorems (each is checked anew whenever a plan is made or verified):

1. *The end is target.* Taken in the order of the plan the steps give target, part for part; and any two steps that may
   come in either order give the same state both ways, so every order that the plan allows gives target.
2. *Nothing breaks on the way.* Every obligation of every invariant holds in every reachable state, or falls short by no
   more than it did one stage earlier and not at all in the end.
3. *The way back is open.* Undoing a step that can be undone gives the state before it, and that is a reachable state,
   for which the second theorem holds already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from novaplan.errors import Problem, TopologyError
from novaplan.migration import budgets, obligations
from novaplan.migration.edits import apply, inverse
from novaplan.migration.obligations import Amount, Answer, Budget, Obligation
from novaplan.migration.order import TooManyError
from novaplan.migration.world import World
from novaplan.topology.parts import split

if TYPE_CHECKING:
    from novaplan.migration.invariants import Invariant

Progress = Callable[[int, int], None]
"""Is told how many questions are answered, of how many."""


@dataclass(frozen=True, slots=True)
class Breach:
    """What stands against a plan."""

    invariant: str
    """Name of the invariant, or of the theorem: ``target``, ``confluence``, ``rollback``."""
    subject: str
    message: str
    done: tuple[str, ...] = ()
    """The steps that are done in the state that shows it."""
    amount: Amount = 1
    remedy: str = field(kw_only=True)
    """What opens the way."""
    mask: int = 0
    """That state, as a set of stages."""
    meeting: int = 0
    """Where there are too many states: the stages that they are states of, as a set."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one invariant came to."""

    invariant: str
    obligations: int
    states: int
    """Different states looked at for all its obligations."""
    broken_at_start: int
    """Obligations that current does not meet."""


@dataclass(frozen=True)
class Proof:
    """The result: a plan is proved when nothing stands against it."""

    held: tuple[Held, ...]
    breaches: tuple[Breach, ...] = ()
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    """By invariant and subject."""

    @property
    def holds(self) -> bool:
        """Whether all three theorems were shown."""
        return not self.breaches


_COMPLETE = "put the steps back that are missing, or plan again"


def prove(world: World, invariants: tuple[Invariant, ...], *, progress: Progress | None = None) -> Proof:
    """Hold the steps of ``world`` against the three theorems and every invariant."""
    breaches = [*confluence(world), *arrival(world), *ways_back(world)]
    held: list[Held] = []
    answers: dict[tuple[str, str], Answer] = {}
    asked = [(invariant, list(invariant.obligations(world))) for invariant in invariants]
    count, total = 0, sum(len(questions) for _, questions in asked)
    for invariant, questions in asked:
        breaches += invariant.judge(world)
        states = broken = 0
        for question in questions:
            found = _answer(world, invariant.name, question)
            count += 1
            if progress is not None:
                progress(count, total)
            if isinstance(found, Breach):
                breaches.append(found)
                continue
            answers[invariant.name, question.subject] = found
            states += found.states
            broken += found.at_start > 0
            if found.breach is not None and not world.rollout.waives(invariant.name, question.subject):
                mask, shortfall = found.breach
                done, amount, remedy = world.done(mask), shortfall.amount, shortfall.remedy
                told = shortfall.message
                breaches.append(Breach(invariant.name, question.subject, told, done, amount, remedy=remedy, mask=mask))
        held.append(Held(invariant.name, len(questions), states, broken))
    return Proof(tuple(held), tuple(breaches), answers)


def _answer(world: World, name: str, question: Obligation | Budget) -> Answer | Breach:
    try:
        if isinstance(question, Budget):
            return budgets.answer(world, question)
        return obligations.answer(world, question)
    except TooManyError as error:
        message, remedy = f"cannot be proved: {error}", "put these steps in an order"
        return Breach(name, question.subject, message, remedy=remedy, meeting=error.meeting)


def confluence(world: World) -> Iterator[Breach]:
    """Steps that have no order between them and give different states in the one and the other."""
    for own, writers in world.writers.items():
        for place, first in enumerate(writers):
            for second in writers[place + 1 :]:
                if world.nodes[first][0] == world.nodes[second][0] or world.order.ordered(first, second):
                    continue
                if any(
                    mine.clashes(yours)
                    for mine in world.edits[first]
                    for yours in world.edits[second]
                    if mine.address == own
                ):
                    steps = [world.steps[world.nodes[node][0]].id for node in (first, second)]
                    message = f"{steps[0]} and {steps[1]} both change it, and no order is set between them"
                    yield Breach("confluence", own, message, remedy="let one wait for the other")


def arrival(world: World) -> Iterator[Breach]:
    """Where the end differs from target."""
    ends, wanted, done = world.parts(world.everything), split(world.target), world.done(world.everything)
    for own in sorted(ends.keys() | wanted.keys()):
        if own not in wanted:
            yield Breach("target", own, "is left over: target has no such part", done, remedy=_COMPLETE)
        elif own not in ends:
            yield Breach("target", own, "is missing: target has it, and no step makes it", done, remedy=_COMPLETE)
        elif ends[own] != wanted[own]:
            yield Breach("target", own, "ends up other than in target", done, remedy=_COMPLETE)
    if ends == wanted:
        try:
            world.topology(world.everything)
        except TopologyError as error:  # target itself was loaded, so this is a bug
            raise AssertionError("the end is target and target is consistent") from error


def ways_back(world: World) -> Iterator[Breach]:
    """Steps that say they can be undone and cannot: their rollback does not give the state before."""
    for index, step in enumerate(world.steps):
        if not step.reversible:
            continue
        if not step.rollback:
            yield Breach("rollback", step.id, "says it can be undone and does not say how", remedy="state its rollback")
            continue
        before = world.order.below[world.last[index]]
        for stage in range(len(step.stages)):
            before &= ~(1 << (world.last[index] - stage))
        addresses = {edit.address for edit in step.edits}
        state = {own: value for own in addresses if (value := world.value(own, before)) is not None}
        there = dict(state)
        apply(step.edits, there)
        apply(inverse(step.edits, state), there)
        if there != state:
            yield Breach(
                "rollback",
                step.id,
                "its rollback does not give the state before",
                world.done(before),
                remedy="let the step edit each part once, or say that it cannot be undone",
            )


def problems(breaches: Iterable[Breach]) -> list[Problem]:
    """What stands against a plan, a line each: the invariant, the subject, after which step, what, and what to do."""
    found = []
    for breach in breaches:
        where = f" after {breach.done[-1]}" if breach.done else ""
        remedy = f"; {breach.remedy}" if breach.remedy else ""
        found.append(Problem(f"{breach.invariant}: {breach.subject}{where}: {breach.message}{remedy}"))
    return found
