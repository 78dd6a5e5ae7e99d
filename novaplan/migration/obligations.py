"""What an invariant asks: a question about one subject, which has to have a good answer in every state.

An ``Obligation`` asks about few parts and is answered in every combination of the stages that edit them. A ``Budget``
is a sum over many clients against a limit; its worst state is found as a cut in a graph instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from novaplan.migration.order import MANY, TooManyError, items_of
from novaplan.migration.world import View, World

Amount = int | Fraction


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How a state falls short."""

    message: str
    amount: Amount
    """By how much; more is worse."""
    remedy: str
    """Which change would open the way."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One question. ``check`` reads the state through the view alone, and gives None where all is well."""

    subject: str
    """The address of the part it is about, or words."""
    check: Callable[[View], Shortfall | None]


Term = Callable[[View], int]


@dataclass(frozen=True, slots=True)
class Budget:
    """The sum of ``terms`` has to stay within ``limit``; a limit of None is not known and never broken."""

    subject: str
    terms: tuple[Term, ...]
    limit: Callable[[View], int | None]
    explain: Callable[[View, int, int], Shortfall]
    """Puts a sum above its limit into words: the state, the sum, the limit."""


def always(limit: int | None) -> Callable[[View], int | None]:
    """A limit that is the same in every state."""
    return lambda _: limit


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to."""

    states: int
    """Different states that were looked at; each stands for all that differ from it in nothing that matters."""
    worst: Amount
    """The largest shortfall in any of them; 0 where there is none."""
    at_start: Amount
    """The shortfall of current."""
    breach: tuple[int, Shortfall] | None = None
    """A state that is worse than one that leads to it, or that is left at the end, as a set of stages."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """States between which a question cannot tell: all that have done ``done`` and have not done ``waiting``."""

    done: int
    waiting: int
    found: Any


def answer(world: World, question: Obligation) -> Answer:
    """Ask ``question`` in every state that can be reached. Raises TooManyError when those are too many."""
    found = list(leaves(world, question.check))
    start, last = _amount(question.check(world.view(0))), question.check(world.view(world.everything))
    worst = max(_amount(leaf.found) for leaf in found)
    worse = [leaf for leaf in found if _amount(leaf.found) > start]
    breach: tuple[int, Shortfall] | None = None
    if last is not None:  # no order helps, so this is told before anything on the way
        breach = (world.everything, replace(last, message=f"{last.message} (also when all steps are done)"))
    elif worse:
        first = min(worse, key=lambda leaf: (leaf.done.bit_count(), leaf.done))
        breach = (first.done, first.found)
    elif start:
        every = explore(world, question.check)
        breach = _breach(every, {mask: _amount(shortfall) for mask, shortfall in every.items()})
    return Answer(states=len(found), worst=worst, at_start=start, breach=breach)


def _amount(shortfall: Shortfall | None) -> Amount:
    return 0 if shortfall is None else shortfall.amount


def leaves(world: World, ask: Callable[[View], Any], done: int = 0, waiting: int = 0) -> Iterator[Leaf]:
    """What ``ask`` says in every state that has done ``done`` and has not done ``waiting``.

    A state is told apart from another only where the question looked: it is asked with as little done as may be, and
    then for each stage that edits what it read, as if that were done and as if it were not.
    """
    order, waits, count, meeting = world.order, [(done, waiting)], 0, 0
    while waits:
        done, waiting = waits.pop()
        view = world.view(done)
        found = ask(view)
        open_ = 0
        for read in view.reads:
            open_ |= world.writers_mask(read)
        open_ &= ~(done | waiting)
        if not open_:
            count += 1
            if count > MANY:
                raise TooManyError(MANY, meeting)
            yield Leaf(done, waiting, found)
            continue
        stage = (open_ & -open_).bit_length() - 1
        meeting |= 1 << stage
        waits.append((done | order.below[stage] | 1 << stage, waiting))
        waits.append((done, waiting | order.above[stage] | 1 << stage))


def explore(world: World, check: Callable[[View], Shortfall | None]) -> dict[int, Shortfall | None]:
    """``check`` in every state, by the stages that matter to it; the state before all of them first."""
    relevant: set[int] = set()
    while True:
        found: dict[int, Shortfall | None] = {}
        writers: set[int] = set()
        for mask in world.order.down_sets(relevant):
            view = world.view(mask)
            found[mask] = check(view)
            writers.update(node for read in view.reads for node in items_of(world.writers_mask(read)))
        if writers <= relevant:
            return found
        relevant |= writers


def _breach(found: dict[int, Shortfall | None], amounts: dict[int, Amount]) -> tuple[int, Shortfall] | None:
    """The first state that is worse than one a single stage earlier; or the last state, which must lack nothing."""
    if not any(amounts.values()):
        return None
    everything = max(found, key=int.bit_count)
    for mask in sorted(found, key=lambda mask: (mask.bit_count(), mask)):
        shortfall = found[mask]
        if shortfall is None:
            continue
        if mask == everything or any(amounts[before] < amounts[mask] for before in _before(mask, amounts)):
            return mask, shortfall
    return None


def _before(mask: int, known: dict[int, Amount]) -> Iterator[int]:
    rest = mask
    while rest:
        low = rest & -rest
        rest ^= low
        if mask ^ low in known:
            yield mask ^ low
