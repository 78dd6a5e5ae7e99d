"""Connections as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from novaplan.capacity.clients import WHEN, Client, When
from novaplan.capacity.connections import ServerConnections, arithmetic
from novaplan.tables import Table

TIMES: dict[When, str] = {
    "minimum": "at the fewest pods",
    "current": "at the current pods",
    "maximum": "at the most pods",
    "rolling_update": "in a rolling update",
}
"""How a sentence says when."""


def table(found: Sequence[ServerConnections], title: str) -> Table:
    """One row for each server, and for each pooler before one."""
    columns = ("server", "takes", *(_HEADS[when] for when in WHEN), "verdict")
    rows = []
    for item in found:
        some = "+" if item.unknown else ""
        figures = [f"{item.connections[when]}{some}" for when in WHEN]
        if item.pooled is None:
            rows.append((item.server, _takes(item), *figures, _said(item)))
        else:
            rows.append((f"{item.server}/pooler", str(item.pooled.client_limit), *figures, _said(item)))
            opened = (str(item.pooled.server_connections),) * len(WHEN)
            rows.append((item.server, _takes(item), *opened, "as above"))
    return Table(title, columns, tuple(rows))


def _takes(found: ServerConnections) -> str:
    return "?" if found.available is None else str(found.available)


_HEADS: dict[When, str] = {
    "minimum": "minimum",
    "current": "current",
    "maximum": "maximum",
    "rolling_update": "rollout",
}


def _said(found: ServerConnections) -> str:
    if found.breaks_at is not None:
        return f"does not hold: {_HEADS[found.breaks_at]}"
    return found.verdict


def remarks(found: Sequence[ServerConnections]) -> list[str]:
    """A line for each verdict that is not simply good: the arithmetic, what is not known, and what is only possible."""
    return [line for item in found for line in _remarks(item)]


def _remarks(item: ServerConnections) -> Iterator[str]:
    when = item.breaks_at or "rolling_update"
    yield f"{item.server} {TIMES[when]}: {arithmetic(item, when)}"
    if item.unknown:
        yield f"{item.server}: not known: {', '.join(f'{each.label}, {_why(each)}' for each in item.unknown)}"
    if item.possible:
        yield f"{item.server}: only possible, not counted: {', '.join(each.label for each in item.possible)}"
    if item.pooled is not None and item.pooled.guessed:
        who = ", ".join(item.pooled.guessed)
        yield f"{item.server}: user or database not stated, counted as a pair of its own: {who}"


def _why(client: Client) -> str:
    return "no pool stated" if client.pool is None else "run by somebody else"
