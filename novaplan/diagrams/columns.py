"""Where the boxes of a picture stand: in columns, read from left to right.

Graphviz puts every box one column behind all that use it. That reads well until services call each other in long
chains and circles, or until very many stand side by side: then the picture is a poster. Such a picture gets the columns
computed here: as many steps from the entrance as a request needs to get there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Final

from novaplan.diagrams.picture import Arrow, Picture, Shape

LONGEST_CHAIN: Final = 8
"""Boxes in a row that still read from left to right on one screen."""
HIGHEST_FREE: Final = 20
"""Boxes on one level that Graphviz may put in one column."""
_HIGHEST: Final = 15
"""Boxes in one of the columns computed here."""
_HIGHEST_BEHIND: Final = 9
"""Boxes in one column of what stands behind."""
BEHIND: Final[frozenset[Shape]] = frozenset({"datastore", "external", "cluster"})
"""Shapes of what is used by services and uses none."""


def behind(picture: Picture) -> list[list[str]]:
    """The last columns: what holds state, and what others run. What many use stands in front."""
    users: dict[str, set[str]] = defaultdict(set)
    for arrow in picture.arrows:
        users[arrow.head].add(arrow.tail)
    found = [box.id for box in picture.boxes if box.shape in BEHIND]
    return _cut(sorted(found, key=lambda own: -len(users[own])), _HIGHEST_BEHIND)


def tangled(picture: Picture) -> bool:
    """Whether there would be more columns than can be read, because of boxes that each use the next (a circle counts as
    its boxes), or a column that is too high."""
    from networkx import DiGraph, condensation, topological_sort

    chains = condensation(DiGraph((arrow.tail, arrow.head) for arrow in picture.arrows))
    longest: dict[int, int] = {}
    for circle in topological_sort(chains):
        before = max((longest[own] for own in chains.pred[circle]), default=0)
        longest[circle] = before + len(chains.nodes[circle]["members"])
    _, levels = _front(picture)
    return max(longest.values(), default=0) > LONGEST_CHAIN or max(map(len, levels), default=0) > HIGHEST_FREE


def columns(picture: Picture) -> list[list[str]]:
    """Every box in a column: its distance from what the outside reaches, and then what stands ``behind``."""
    arrows, levels = _front(picture)
    found = [column for level in levels for column in _cut(_in_turn(level, arrows), _HIGHEST)]
    return [*found, *behind(picture)]


def _front(picture: Picture) -> tuple[list[Arrow], list[list[str]]]:
    """The arrows between the boxes in front of those ``behind``, and these boxes by their level."""
    front = {box.id: None for box in picture.boxes if box.shape not in BEHIND}
    arrows = [arrow for arrow in picture.arrows if arrow.tail in front and arrow.head in front]
    elements = {element for arrow, element in picture.folded.items() if arrow.startswith("edge-route-")}
    entered = {box.id for box in picture.boxes if box.element in elements}
    levels: dict[int, list[str]] = defaultdict(list)
    for own, level in _levels(list(front), arrows, entered).items():
        levels[level].append(own)
    return arrows, [boxes for _, boxes in sorted(levels.items())]


def _cut(items: Sequence[str], most: int) -> list[list[str]]:
    """The items in order, in columns of much the same height."""
    size = ceil(len(items) / (ceil(len(items) / most) or 1)) or 1
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _levels(boxes: Sequence[str], arrows: Iterable[Arrow], entered: set[str]) -> dict[str, int]:
    """How many steps each box is away from those that are ``entered``, or that nothing else leads to."""
    following, place = _following(arrows), {own: number for number, own in enumerate(boxes)}
    reached = {head for heads in following.values() for head in heads}
    levels: dict[str, int] = {}
    waiting = [own for own in boxes if own in entered or own not in reached]
    while len(levels) < len(boxes):
        # Only circles that nothing leads to are left where nothing waits: they start at what uses most.
        waiting = waiting or [max((own for own in boxes if own not in levels), key=lambda own: len(following[own]))]
        level = 0
        while waiting:
            levels |= dict.fromkeys(waiting, level)
            waiting = sorted(
                {head for own in waiting for head in following[own]} - levels.keys(), key=place.__getitem__
            )
            level += 1
    return levels


def _in_turn(level: list[str], arrows: Iterable[Arrow]) -> list[str]:
    """Those that use others of their level first, so that its arrows point to the right where it is cut."""
    turn = dict.fromkeys(level, 0)
    for arrow in arrows:
        if arrow.tail in turn and arrow.head in turn:
            turn[arrow.tail] -= 1
            turn[arrow.head] += 1
    return sorted(level, key=lambda own: turn[own])


def _following(arrows: Iterable[Arrow]) -> Mapping[str, list[str]]:
    """What each box leads to."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for arrow in arrows:
        found[arrow.tail][arrow.head] = None
    return defaultdict(list, {tail: list(heads) for tail, heads in found.items()})
