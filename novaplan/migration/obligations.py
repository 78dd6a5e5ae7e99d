"""What an invariant asks: a question about one subject, which has to have a good answer in every state.

An ``Obligation`` asks about few parts and is answered in every combination of the stages that edit them. A ``Budget``
is a sum over many clients against a limit; its worst state is found as a cut in a graph instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from novaplan.migration.world import View, World

Amount = int | Fraction


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How a state falls short."""

    message: str
    amount: Amount = 1
    """By how much; more is worse."""
    remedy: str = ""
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


def answer(world: World, question: Obligation) -> Answer:
    """Ask ``question`` in every state that can be reached. Raises TooManyError when those are too many."""
    found = explore(world, question.check)
    amounts = {mask: 0 if shortfall is None else shortfall.amount for mask, shortfall in found.items()}
    return Answer(states=len(found), worst=max(amounts.values()), at_start=amounts[0], breach=_breach(found, amounts))


def explore(world: World, check: Callable[[View], Shortfall | None]) -> dict[int, Shortfall | None]:
    """``check`` in every state, by the stages that matter to it; the state before all of them first."""
    relevant: set[int] = set()
    while True:
        found: dict[int, Shortfall | None] = {}
        reads: set[str] = set()
        for mask in world.order.down_sets(relevant):
            view = world.view(mask)
            found[mask] = check(view)
            reads |= view.reads
        writers = {node for own in reads for node in world.writers.get(own, ())}
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


def writers_read(world: World, view: View) -> set[int]:
    """The stages that edit what was read through ``view``."""
    return {node for own in view.reads for node in world.writers.get(own, ())}
