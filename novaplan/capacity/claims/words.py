"""Judged claims as tables and sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from novaplan.capacity.claims.judgement import Judgement
from novaplan.capacity.connections import Verdict
from novaplan.tables import Table

_COUNTED: dict[Verdict, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "does not hold": ("does not hold", "do not hold"),
    "cannot be known": ("cannot be known", "cannot be known"),
}
_FEW = 2
"""So many names fit a cell."""


def parts(found: Sequence[Judgement], topology: str) -> Iterator[Table | list[str]]:
    """For each place where figures were stated, a table with one row for each claim, and what shows that it does not
    hold or cannot be known; at last how many hold."""
    for where in dict.fromkeys(item.claim.where for item in found):
        chosen = [item for item in found if item.claim.where == where]
        yield _table(chosen, f"{topology}: claims, {where}")
        yield [line for item in chosen if item.verdict != "holds" for line in _why(item)]
    counts = Counter(item.verdict for item in found)
    said = [f"{counts[each]} {words[counts[each] != 1]}" for each, words in _COUNTED.items() if counts[each]]
    yield [f"{topology}: of {len(found)} claims {', '.join(said)}"]


def _table(found: Sequence[Judgement], title: str) -> Table:
    rows = tuple((item.claim.id, _meant(item), _stated(item), _computed(item), item.verdict) for item in found)
    return Table(title, ("claim", "figure", "stated", "computed", "verdict"), rows)


def _meant(item: Judgement) -> str:
    scenario = item.claim.scenario
    return item.claim.meant.title + (f", {scenario}" if scenario else "")


def _stated(item: Judgement) -> str:
    value = item.claim.stated.value
    return f"{len(value)} names" if isinstance(value, frozenset) and len(value) > _FEW else str(item.claim.stated)


def _computed(item: Judgement) -> str:
    many = [value for value in item.computed if isinstance(value, frozenset) and len(value) > _FEW]
    return f"{len(many[0])} names" if len(many) == 1 else item.shown


def _why(item: Judgement) -> Iterator[str]:
    note = f" ({item.claim.note})" if item.claim.note else ""
    yield f"{item.claim.id}{note}: {'; '.join([*item.arithmetic, *item.missing])}"
    for origin in item.origins:
        yield f"{item.claim.id}: {origin}"
