"""Many states of one system in one picture: laid out once, with what each state shows of it.

A page draws the picture of a ``Film`` as SVG and then only shows, hides and marks its elements, so nothing jumps about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import cast

from novaplan.diagrams.folding import fold, hubs
from novaplan.diagrams.picture import Arrow, Box, Group, Line, Picture
from novaplan.diagrams.system import View, draw, host_of, identifier, visible
from novaplan.errors import UnknownNameError
from novaplan.topology.datastore import Datastore, External
from novaplan.topology.service import Service
from novaplan.topology.system import Topology


@dataclass(frozen=True, slots=True)
class Frame:
    """One state, as ids of elements in the SVG (``Box.element``, ``Arrow.element``, ``Group.element``), each in the
    order of the picture."""

    visible: tuple[str, ...]
    new: tuple[str, ...] = ()
    """Not there in the state before."""
    changed: tuple[str, ...] = ()
    """There before too, and something about it differs, shown or not."""
    gone: tuple[str, ...] = ()
    """There in the state before only."""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The lines in each visible box, which the picture has room for."""


@dataclass(frozen=True, slots=True)
class Film:
    """The picture of everything that any state has, and a frame for each state."""

    picture: Picture
    frames: tuple[Frame, ...]


def film(states: Sequence[Topology], view: View | None = None, *, title: str = "") -> Film:
    """The states in one picture. What moves between groups stands where the last state that has it puts it.

    Raises ``UnknownNameError`` for a focus that no state has.
    """
    view = view or View()
    kept = _kept(states, view)
    pictures = [draw(state, replace(view, fold=0), kept=kept) for state in states]
    shared = hubs(_union(pictures, title), view.fold)
    pictures = [fold(picture, shared) for picture in pictures]
    union = _union(pictures, title or states[-1].name)
    facts = [_facts(state, picture.folded) for state, picture in zip(states, pictures, strict=True)]
    shown = [_visible(picture, union) for picture in pictures]
    order = [item.element for items in (union.groups, union.boxes, union.arrows) for item in items]
    frames = []
    for number, picture in enumerate(pictures):
        now, past = shown[number], shown[number - 1] if number else shown[number]
        known, knew = facts[number], facts[number - 1] if number else facts[number]
        frames.append(
            Frame(
                tuple(own for own in order if own in now),
                new=tuple(own for own in order if own in now - past),
                changed=tuple(own for own in order if own in now & past and known.get(own) != knew.get(own)),
                gone=tuple(own for own in order if own in past - now),
                labels={box.element: box.label for box in picture.boxes},
            )
        )
    return Film(union, tuple(frames))


def _union(pictures: Iterable[Picture], title: str) -> Picture:
    """Everything that any of them has."""
    boxes, arrows, groups = dict[str, Box](), dict[str, Arrow](), dict[str, Group]()
    for picture in pictures:
        for box in picture.boxes:
            boxes[box.id] = _roomy(boxes.get(box.id, box), box)
        arrows |= {arrow.element: arrow for arrow in picture.arrows}
        groups |= {group.id: group for group in picture.groups}
    filled = {box.group for box in boxes.values()}
    return Picture(
        title, tuple(boxes.values()), tuple(arrows.values()), tuple(own for own in groups.values() if own.id in filled)
    )


def _kept(states: Iterable[Topology], view: View) -> set[str]:
    """Names of the components that some state shows."""
    found, failure = set[str](), None
    for state in states:
        try:
            found |= visible(state, view)
        except UnknownNameError as unknown:
            failure = unknown
    if failure is not None and not found:
        raise failure
    return found


def _roomy(one: Box, other: Box) -> Box:
    """The later box, with room for the lines of both."""
    lines = [max(pair, key=len) for pair in zip_longest(one.label, other.label, fillvalue="")]
    return replace(other, label=tuple(lines), available=one.available and other.available)


def _visible(picture: Picture, union: Picture) -> set[str]:
    boxes = {box.id for box in picture.boxes}
    groups = {
        group.element for group in union.groups for box in union.boxes if box.id in boxes and box.group == group.id
    }
    return {item.element for items in (picture.boxes, picture.arrows) for item in items} | groups


def _facts(state: Topology, folded: Mapping[str, str]) -> dict[str, list[object]]:
    """What each element of the picture stands for, to be compared. What a gateway forwards counts for its call too, and
    what is folded for the box that tells of it."""
    facts: dict[str, list[object]] = defaultdict(list)
    components: tuple[Service | Datastore | External, ...] = (*state.services, *state.datastores, *state.externals)
    for component in components:
        facts[Box(identifier("", component.name), "", (), "service").element].append(component)
    for edge in state.dependencies:
        facts[_between("", edge.client, cast(Line, edge.mode), edge.server)].append(edge)
    for route in state.routes:
        for backend in route.backends:
            facts[_between("host", host_of(route), "route", route.via or backend.service)].append(route)
            if route.via:
                facts[_between("", route.via, "calls", backend.service)].append((route.key, backend))
    for arrow, box in folded.items():
        facts[box] += facts.pop(arrow, [])
    return facts


def _between(prefix: str, tail: str, line: Line, head: str) -> str:
    return Arrow(identifier(prefix, tail), identifier("", head), line).element
