"""What very many boxes share, told in their words: two hundred arrows to one database say nothing that can be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from textwrap import wrap
from typing import Final

from novaplan.diagrams.columns import BEHIND
from novaplan.diagrams.picture import LINES, Arrow, Box, Line, Picture

MOST_ARROWS: Final = 120
"""Arrows of which each can still be followed; beyond them hubs are folded."""
HUB: Final = 10
"""Boxes on the other end of its arrows that make a box a hub."""
STORE: Final = 3
"""The same for what stands behind everything else: arrows to it cross all the others."""
_WIDEST: Final = 32
"""Characters in a line of a box."""


def hubs(picture: Picture, least: int | None = None) -> set[str]:
    """Ids of the boxes that at least so many others use, and of entrances that lead to so many.

    Without ``least`` there are none in a picture that can be read as it is; with 0 there are none at all.
    """
    arrows = [arrow for arrow in picture.arrows if arrow.line != "lineage"]
    if least == 0 or (least is None and len(arrows) <= MOST_ARROWS):
        return set()
    behind = {box.id for box in picture.boxes if box.shape in BEHIND}
    ends: dict[str, set[str]] = defaultdict(set)
    for arrow in arrows:
        hub, other = _ends(arrow)
        ends[hub].add(other)
    return {own for own, others in ends.items() if len(others) >= (least or (STORE if own in behind else HUB))}


def _ends(arrow: Arrow) -> tuple[str, str]:
    """Which end of an arrow may be the hub, and whose words tell of it."""
    return (arrow.tail, arrow.head) if arrow.line == "route" else (arrow.head, arrow.tail)


def fold(picture: Picture, shared: set[str]) -> Picture:
    """The picture with no arrows of the ``shared`` boxes, and lines that name them in the boxes on the other end."""
    names = {box.id: box.name for box in picture.boxes}
    told: dict[str, dict[Line, list[str]]] = defaultdict(lambda: defaultdict(list))
    users: dict[str, set[str]] = defaultdict(set)
    folded: dict[str, str] = {}
    for arrow in picture.arrows:
        hub, other = _ends(arrow)
        if hub in shared and arrow.line != "lineage":
            told[other][arrow.line].append(names[hub] + (" (optional)" if arrow.optional else ""))
            users[hub].add(other)
            folded[arrow.element] = f"node-{other}"
    boxes = tuple(replace(box, label=(*box.label, *_used(box, users), *_lines(told[box.id]))) for box in picture.boxes)
    arrows = tuple(arrow for arrow in picture.arrows if arrow.element not in folded)
    return replace(picture, boxes=boxes, arrows=arrows, folded=folded)


def _used(box: Box, users: Mapping[str, set[str]]) -> Iterator[str]:
    if box.id in users:
        yield f"{'leads to' if box.shape == 'outside' else 'used by'} {len(users[box.id])}"


def _lines(told: Mapping[Line, list[str]]) -> Iterator[str]:
    for line in LINES:
        if line in told:
            words = "from" if line == "route" else line
            yield from wrap(f"{words} {', '.join(sorted(told[line]))}", _WIDEST, break_on_hyphens=False)
