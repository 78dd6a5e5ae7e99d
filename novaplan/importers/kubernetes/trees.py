"""Changing documents that know their lines: copies, keys set and removed, lists edited."""

from __future__ import annotations

from typing import Any

from novaplan.documents.positions import YamlList, YamlMap


def clone(value: Any) -> Any:
    """A copy that can be changed; lines stay."""
    if isinstance(value, dict):
        copied = YamlMap({key: clone(item) for key, item in value.items()})
        copied.line = getattr(value, "line", 1)
        lines = getattr(value, "lines", None)
        copied.lines = list(lines) if lines is not None and len(lines) == len(value) else [copied.line] * len(value)
        return copied
    if isinstance(value, list):
        listed = YamlList([clone(item) for item in value])
        listed.line = getattr(value, "line", 1)
        lines = getattr(value, "lines", None)
        listed.lines = list(lines) if lines is not None and len(lines) == len(value) else [listed.line] * len(value)
        return listed
    return value


def relocated(value: Any, line: int) -> Any:
    """A copy of something from another file: everything in it is said to stand on one line of this file."""
    copied = clone(value)
    _relocate(copied, line)
    return copied


def _relocate(value: Any, line: int) -> None:
    if isinstance(value, YamlMap | YamlList):
        value.line = line
        value.lines = [line] * len(value)
        for item in value.values() if isinstance(value, YamlMap) else value:
            _relocate(item, line)


def new_map(line: int, **items: Any) -> YamlMap:
    """A map that stands on one line."""
    return relocated(dict(items), line)  # type: ignore[no-any-return]


def put(node: dict[str, Any], key: str, value: Any) -> None:
    """Set a key; a new one stands on the line of its map."""
    if isinstance(node, YamlMap) and key not in node:
        node.lines.append(node.line)
    node[key] = value


def drop(node: dict[str, Any], key: str) -> None:
    """Remove a key, if it is there."""
    if key in node:
        if isinstance(node, YamlMap):
            del node.lines[list(node).index(key)]
        del node[key]


def insert(node: list[Any], index: int, value: Any) -> None:
    """Insert an item; it stands on the line of its list."""
    if isinstance(node, YamlList):
        node.lines.insert(index, node.line)
    node.insert(index, value)


def remove(node: list[Any], index: int) -> None:
    """Remove an item."""
    if isinstance(node, YamlList):
        del node.lines[index]
    del node[index]


def child(node: dict[str, Any], key: str) -> dict[str, Any]:
    """The map under ``key``, made when there is none."""
    value = node.get(key)
    if not isinstance(value, dict):
        value = new_map(getattr(node, "line", 1))
        put(node, key, value)
    return value
