"""What a document holds, and on which line each part of it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class YamlMap(dict[str, Any]):
    """A mapping that knows its lines (counted from 1).

    ``line`` is where the mapping starts and ``lines`` where each key was written, in the order of the keys. It is made
    to be read: keys added or removed later are not tracked.
    """

    __slots__ = ("line", "lines")
    line: int
    lines: list[int]

    def line_of(self, key: str) -> int:
        """The line on which ``key`` was written. Raises KeyError when there is no such key."""
        if key not in self:
            raise KeyError(key)
        return next((line for known, line in zip(self, self.lines, strict=False) if known == key), self.line)


class YamlList(list[Any]):
    """A sequence that knows its lines (counted from 1).

    ``line`` is where the sequence starts and ``lines`` where each item starts. It is made to be read: items added or
    removed later are not tracked.
    """

    __slots__ = ("line", "lines")
    line: int
    lines: list[int]

    def line_of(self, index: int) -> int:
        """The line on which the item starts. Raises IndexError when there is no such item."""
        return self.lines[index]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value under a tag that YAML itself does not define, such as compose's ``!reset`` and ``!override``."""

    tag: str
    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its value, and where it starts."""

    value: Any
    file: str
    line: int

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of the longest part of ``path`` that exists, so that a missing field points at its parent.

        A string selects a key of a map; in a list it selects the last item that is a map with that ``name``.
        """
        line, node = self.line, self.value
        for step in path:
            while isinstance(node, Tagged):
                node = node.value
            if isinstance(node, YamlMap) and step in node:
                line, node = node.line_of(str(step)), node[str(step)]
                continue
            index = _index(node, step) if isinstance(node, YamlList) else None
            if index is None:
                break
            line, node = node.line_of(index), node[index]
        return line


def _index(items: YamlList, step: str | int) -> int | None:
    if isinstance(step, int):
        return step if 0 <= step < len(items) else None
    for index in range(len(items) - 1, -1, -1):
        item = items[index]
        if isinstance(item, dict) and item.get("name") == step:
            return index
    return None
