"""Values of compose files that know where they were written, through every merge.

A Node is one value with the file and line it stands at and the folder its relative paths start from. A Field is a Node
together with its path in the project, for whoever reads it: it gives typed values or one clear error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from novaplan.documents.positions import Tagged, YamlList, YamlMap
from novaplan.errors import InputError
from novaplan.importers.draft import Where

RESET: Final = "!reset"
OVERRIDE: Final = "!override"

_SHAPES: Final[dict[type, str]] = {dict: "a map", list: "a list", str: "text", type(None): "nothing"}


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The file a node comes from, the folder its relative paths start from, and the variables that were known there."""

    file: str
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    lent: bool = False
    """The file is read only for what ``extends`` takes from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value: plain, or a map or list of nodes. It is never changed; merging makes new ones."""

    value: Any = field(repr=False)
    origin: Origin
    line: int
    tag: str | None = None
    """``!reset`` or ``!override`` as long as the merge it is meant for is still to come."""

    def of(self, value: Any) -> Node:
        """Another value at the same place."""
        return Node(value, self.origin, self.line)

    def untagged(self) -> Node:
        """The same without its tag."""
        return replace(self, tag=None) if self.tag else self

    def same(self, other: Node) -> bool:
        """Whether both say the same, wherever they stand. Relative paths count by what they lead to."""
        mine, theirs = self.value, other.value
        if isinstance(mine, dict) and isinstance(theirs, dict):
            return mine.keys() == theirs.keys() and all(mine[key].same(theirs[key]) for key in mine)
        if isinstance(mine, list) and isinstance(theirs, list):
            return len(mine) == len(theirs) and all(one.same(two) for one, two in zip(mine, theirs, strict=True))
        return type(mine) is type(theirs) and mine == theirs and self.origin.folder == other.origin.folder


class Converter:
    """Makes nodes of what the YAML reader gives, with every text passed through ``interpolate``.

    What an anchor is repeated at stays one node: a file that expands to millions of values takes no more than it says.
    """

    def __init__(self, origin: Origin, interpolate: Callable[[str, Where], str]) -> None:
        self._origin = origin
        self._interpolate = interpolate
        self._known: dict[int, Node] = {}

    def node(self, value: Any, line: int, path: str) -> Node:
        """``value``, which stands on ``line``; a map or list says its own lines."""
        if isinstance(value, str):
            where = Where(self._origin.file, line, path)
            return Node(self._interpolate(value, where) if "$" in value else value, self._origin, line)
        if value is None or isinstance(value, (bool, int, float)):
            return Node(value, self._origin, line)
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = self._large(value, line, path)
        return replace(known, line=line) if known.line != line else known

    def _large(self, value: Any, line: int, path: str) -> Node:
        if isinstance(value, YamlMap):
            places = zip(value.items(), value.lines, strict=True)
            inner = {key: self.node(item, at, f"{path}.{key}" if path else key) for (key, item), at in places}
            return Node(inner, self._origin, line)
        if isinstance(value, YamlList):
            items = enumerate(zip(value, value.lines, strict=True))
            return Node([self.node(item, at, f"{path}[{index}]") for index, (item, at) in items], self._origin, line)
        if isinstance(value, Tagged):
            if value.tag not in (RESET, OVERRIDE):
                message = "has a tag that compose does not know; it knows !reset and !override"
                raise InputError(message, file=self._origin.file, line=value.line, field=path)
            return replace(self.node(value.value, value.line, path), tag=value.tag)
        raise InputError("is a kind of value that compose does not know", file=self._origin.file, line=line, field=path)


@dataclass(frozen=True, slots=True)
class Field:
    """A node and its path in the project, such as ``services.web.ports``."""

    node: Node
    path: str

    @property
    def where(self) -> Where:
        """The place, for whatever is concluded from it."""
        return Where(self.node.origin.file, self.node.line, self.path)

    @property
    def value(self) -> Any:
        """The bare value."""
        return self.node.value

    def fail(self, message: str) -> NoReturn:
        """Raise the error for something that is wrong here."""
        raise InputError(message, file=self.node.origin.file, line=self.node.line, field=self.path)

    def _mismatch(self, wanted: str) -> NoReturn:
        found = _SHAPES.get(type(self.value), "a number or a truth value")
        self.fail(f"should be {wanted}, and is {found}")

    def get(self, key: str) -> Field | None:
        """The field inside this map; None when it is absent or says nothing."""
        found = self.mapping().get(key)
        return None if found is None or found.value is None else Field(found, f"{self.path}.{key}")

    def mapping(self) -> dict[str, Node]:
        """The nodes of a map; nothing at all is an empty one."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self._mismatch("a map")
        return self.value

    def items(self) -> Iterator[tuple[str, Field]]:
        """Key and field of every item of a map, in order."""
        for key, node in self.mapping().items():
            yield key, Field(node, f"{self.path}.{key}")

    def elements(self) -> Iterator[Field]:
        """The items of a list; a single value stands for a list of one."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            if isinstance(self.value, dict):
                self._mismatch("a list")
            yield self
            return
        for index, node in enumerate(self.value):
            yield Field(node, f"{self.path}[{index}]")

    def text(self) -> str:
        """Text; numbers and truth values are written out as compose writes them."""
        value = self.value
        if value is None or isinstance(value, (dict, list)):
            self._mismatch("text")
        return text_of(value)

    def flag(self) -> bool:
        """A truth value, which may come as text out of a variable."""
        value = self.value
        if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no", "on", "off", "1", "0"):
            return value.lower() in ("true", "yes", "on", "1")
        if not isinstance(value, bool):
            self._mismatch("true or false")
        return value

    def whole(self) -> int:
        """A whole number that is not negative, which may come as text out of a variable."""
        value = self.value
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 20:
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fail("should be a whole number, zero or more")
        return value


def text_of(value: Any) -> str:
    """A plain value as compose hands it to a container."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)
