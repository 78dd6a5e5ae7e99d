"""What is to be drawn: boxes in groups, arrows between them, a legend. How it looks is for ``dot`` and ``mermaid``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

Shape = Literal["service", "datastore", "external", "outside", "cluster"]
State = Literal["plain", "new", "gone", "merged", "moved", "changed", "kept"]
"""What becomes of a box or an arrow between two topologies."""
SAID: Final[frozenset[State]] = frozenset({"new", "gone", "merged", "moved", "changed"})
"""States that a word tells beside the colour."""
Line = Literal["calls", "reads", "writes", "publishes", "consumes", "route", "lineage"]
LINES: tuple[Line, ...] = ("route", "calls", "reads", "writes", "publishes", "consumes", "lineage")
"""Every style of arrow, in the order of the legend."""

_UNSHOWN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def shown(text: str) -> str:
    """``text`` without what no picture shows: control characters, those that turn around what stands beside them, and
    what is no character at all."""
    return _UNSHOWN.sub("", text)


@dataclass(frozen=True, slots=True)
class Box:
    """One thing in the picture."""

    id: str
    """Unique in the picture; only letters, digits and underscores."""
    name: str
    """What it is called."""
    label: tuple[str, ...]
    """Lines of text in it, those of the name first."""
    shape: Shape
    group: str = ""
    """The id of the group it stands in; empty for none."""
    optional: bool = False
    """The system is complete without it: drawn dashed."""
    available: bool = False
    """Survives the loss of a member without a person: drawn with a double line."""
    state: State = "plain"
    tooltip: str = ""

    @property
    def element(self) -> str:
        """The id of its element in an SVG."""
        return f"node-{self.id}"


@dataclass(frozen=True, slots=True)
class Group:
    """A frame around boxes."""

    id: str
    label: str
    inside: str = ""
    """The id of the group it stands in."""

    @property
    def element(self) -> str:
        """The id of its element in an SVG."""
        return f"group-{self.id}"


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a client to what it needs, from the outside to a service, or from what was to what it became."""

    tail: str
    head: str
    line: Line
    label: tuple[str, ...] = ()
    optional: bool = False
    state: State = "plain"
    tooltip: str = ""

    @property
    def element(self) -> str:
        """The id of its element in an SVG."""
        return f"edge-{self.line}-{self.tail}-{self.head}"


@dataclass(frozen=True)
class Picture:
    """All of it, in one order."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What was left out, in words."""
    folded: Mapping[str, str] = field(default_factory=dict)
    """The elements of arrows that are not drawn, and of the boxes whose words tell of them."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The styles of arrow that occur."""
        used = {arrow.line for arrow in self.arrows}
        return tuple(line for line in LINES if line in used)

    @property
    def states(self) -> tuple[State, ...]:
        """The states that occur, but for the plain one."""
        used = {box.state for box in self.boxes} | {arrow.state for arrow in self.arrows}
        return tuple(sorted(used - {"plain"}))

    def words(self, item: Box | Arrow) -> tuple[str, ...]:
        """The lines of text of a box or an arrow, with the word for its state; an arrow leaves that to its ends where
        they say the same."""
        if item.state not in SAID:
            return item.label
        word = f"({item.state})"
        if isinstance(item, Box):
            plain = item.label[:1] == (item.name,)
            return (f"{item.name} {word}", *item.label[1:]) if plain else (*item.label, word)
        told = item.line == "lineage" or item.state in {self._states.get(item.tail), self._states.get(item.head)}
        return item.label if told else (*item.label, word)

    @cached_property
    def _states(self) -> dict[str, State]:
        return {box.id: box.state for box in self.boxes}
