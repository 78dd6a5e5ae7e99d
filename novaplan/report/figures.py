"""Totals, connections and cost of both sides, with bars that share one scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from novaplan.capacity.clients import WHEN
from novaplan.capacity.connection_words import TIMES
from novaplan.capacity.connections import ServerConnections, arithmetic
from novaplan.capacity.cost import ComponentCost, Cost, money
from novaplan.capacity.overview import TITLES, Overview, cell
from novaplan.capacity.pods import Count
from novaplan.capacity.ranges import COUNTS

Sides = tuple[Overview, Overview]


def figures(before: Overview, after: Overview, cost_before: Cost, cost_after: Cost) -> dict[str, Any]:
    """What the section shows."""
    sides = before, after
    return {
        "totals": totals(sides),
        "servers": servers(sides),
        "costs": costs(cost_before, cost_after),
        "prices": cost_after.prices,
        "remarks": list(remarks(sides)),
    }


class Bar(NamedTuple):
    """One figure of one side, and how long its bar is, out of 100."""

    text: str
    length: float


class Row(NamedTuple):
    """One figure on both sides; None where a side does not have the component."""

    label: str
    before: Bar | None
    after: Bar | None
    difference: str


def _row(label: str, values: tuple[int, int], texts: tuple[str, str], difference: str = "") -> Row:
    most = max(*values, 1)
    bars = [Bar(text, 100 * value / most) for value, text in zip(values, texts, strict=True)]
    return Row(label, bars[0], bars[1], difference or _percent(*values, exact=not {"?", "+"} & {*"".join(texts)}))


def _percent(before: int, after: int, *, exact: bool) -> str:
    """By how much it grows or shrinks; nothing where that says nothing."""
    if not exact:
        return "not known"
    if before == after:
        return "±0"
    if not before:
        return "new"
    return f"{round(100 * (after - before) / before):+d} %".replace("-", "−")


def totals(sides: Sides) -> dict[Count, list[Row]]:
    """Every figure at each count of pods, by the count."""
    found: dict[Count, list[Row]] = {}
    for count in COUNTS:
        rows = []
        for figure, title in TITLES.items():
            whole = [side.ranges.at[count] for side in sides]
            values = [getattr(item.total, figure) for item in whole]
            texts = [str(cell(figure, item.total, item.components)) for item in whole]
            rows.append(_row(title, (values[0], values[1]), (texts[0], texts[1])))
        found[count] = rows
    return found


class Server(NamedTuple):
    """One server on one side, and what its clients may open."""

    side: str
    name: str
    takes: str
    opened: tuple[str, ...]
    """At each moment of ``WHEN``."""
    length: float
    """The most that is opened, out of 100; the scale ends at whatever is more, that or what the server takes."""
    limit: float
    """Where on that scale the server's own limit is."""
    verdict: str
    why: str


def servers(sides: Sides) -> list[Server]:
    """Every server before and after, by name, then by side."""
    named = [(side, item) for side, found in zip(("before", "after"), sides, strict=True) for item in found.connections]
    return [_server(side, item) for side, item in sorted(named, key=lambda pair: (pair[1].server, pair[0] == "after"))]


def _server(side: str, item: ServerConnections) -> Server:
    pooled = item.pooled
    takes = item.available if pooled is None else pooled.client_limit
    most = max(item.connections.values())
    scale = max(most, takes or 0, 1)
    some = "+" if item.unknown else ""
    when = item.breaks_at or "rolling_update"
    return Server(
        side,
        item.server if pooled is None else f"{item.server}, through its pooler",
        "not known" if takes is None else str(takes),
        tuple(f"{item.connections[moment]}{some}" for moment in WHEN),
        100 * most / scale,
        100 * (takes or 0) / scale,
        item.verdict,
        f"{TIMES[when]}: {arithmetic(item, when)}",
    )


def costs(before: Cost, after: Cost) -> list[Row]:
    """What each component costs per month, those with the largest difference first; the total comes first of all."""
    parts = [{item.name: item for item in side.components} for side in (before, after)]
    names = sorted(parts[0].keys() | parts[1].keys())
    rows = [(name, parts[0].get(name), parts[1].get(name)) for name in names]
    rows.sort(key=lambda row: (-abs(_cents(row[1]) - _cents(row[2])), row[0]))
    most = max(_cents(part) for _, *both in rows for part in both) if rows else 0
    return [_cost("total", before.whole, after.whole, 0), *(_cost(*row, most) for row in rows)]


def _cost(label: str, before: ComponentCost | None, after: ComponentCost | None, most: int) -> Row:
    scale = max(most, 1) if most else max(_cents(before), _cents(after), 1)
    bars = [None if part is None else Bar(_price(part), 100 * _cents(part) / scale) for part in (before, after)]
    known = not any(part is not None and part.unknown for part in (before, after))
    change = _cents(after) - _cents(before)
    return Row(label, bars[0], bars[1], f"{change / 100:+,.2f}".replace("-", "−") if known and change else "")


def _cents(part: ComponentCost | None) -> int:
    return 0 if part is None else int(money(part.total) * 100)


def _price(part: ComponentCost) -> str:
    if part.unknown and not part.total:
        return "not known"
    return f"{money(part.total):,}{'+' if part.unknown else ''}"


def remarks(sides: Sequence[Overview]) -> Iterator[tuple[str, list[str]]]:
    """What does not count on each side, in sentences."""
    for side in sides:
        lines = [line for part in side.parts() if isinstance(part, list) for line in part]
        yield side.topology.name, [line for line in lines if "counted" in line]
