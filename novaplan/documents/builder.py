"""Builds values from the events of a YAML parser, in one pass, and refuses what would harm whoever reads them.

PyYAML's own loaders compose a tree of nodes first and construct values from it. Going straight from events to values
takes less than half the time, and lets every map and list keep its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, NoReturn

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from novaplan.documents.positions import Document, Tagged, YamlList, YamlMap
from novaplan.documents.scalars import ScalarMemo, tagged_scalar
from novaplan.errors import DocumentError

Tags = Literal["refuse", "keep"]

DEEPEST: Final = 100
MOST_NODES: Final = 10_000_000

_STANDARD: Final = "tag:yaml.org,2002:"
_SCALAR_KINDS: Final = ("str", "int", "float", "bool", "null", "binary", "timestamp")
_OWN_SCALARS: Final = frozenset(_STANDARD + kind for kind in _SCALAR_KINDS)


class _Anchor:
    """What an alias stands for; ``open`` while its node is still being read, when an alias to it would never end."""

    __slots__ = ("height", "open", "size", "text", "value")

    def __init__(self) -> None:
        self.open = True
        self.value: Any = None
        self.text: str | None = None
        self.size = 0
        self.height = 0


class Builder:
    """Reads the documents of one stream. Every DocumentError it raises carries the file and the line."""

    def __init__(self, get_event: Callable[[], Any], file: str, memo: ScalarMemo, tags: Tags) -> None:
        self._get_event = get_event
        self._file = file
        self._memo = memo
        self._tags = tags
        # Each key once: the same few hundred make up a fifth of the memory that a big file would take.
        self._keys: dict[str, str] = {}
        self._anchors: dict[str, _Anchor] = {}
        # Of the document as if every alias were written out: the nodes so far, the level of the node being read, and
        # the deepest level below the innermost anchor.
        self._nodes = 0
        self._level = 0
        self._deepest = 0

    def documents(self) -> Iterator[Document]:
        """Every document of the stream; an empty one has the value None."""
        while True:
            event = self._get_event()
            if event.__class__ is StreamEndEvent:
                return
            if event.__class__ is DocumentStartEvent:
                self._anchors.clear()
                first = self._get_event()
                yield Document(self._node(first), self._file, first.start_mark.line + 1)

    def _fail(self, message: str, line: int) -> NoReturn:
        raise DocumentError(message, file=self._file, line=line)

    def _node(self, event: Any) -> Any:
        kind = event.__class__
        if kind is AliasEvent:
            return self._alias(event).value
        if event.anchor is not None:
            return self._anchored(event)
        return self._scalar(event) if kind is ScalarEvent else self._collection(event)

    def _scalar(self, event: Any) -> Any:
        if event.tag is not None and event.tag != "!":
            return self._tagged_scalar(event)
        return self._memo[event.value] if event.implicit[0] else event.value

    def _collection(self, event: Any) -> Any:
        self._level += 1
        if self._level > self._deepest:
            self._deepest = self._level
            if self._level > DEEPEST:
                self._too_deep(event)
        tag = event.tag
        if tag is not None and tag != "!":
            value = self._tagged_collection(event, tag)
        elif event.__class__ is MappingStartEvent:
            value = self._map(event)
        else:
            value = self._list(event)
        self._level -= 1
        return value

    def _map(self, start: Any) -> YamlMap:
        get_event, node, memo, keys = self._get_event, self._node, self._memo, self._keys
        result = YamlMap()
        result.line = start.start_mark.line + 1
        result.lines = lines = []
        merged: list[YamlMap] = []
        while True:
            event = get_event()
            kind = event.__class__
            if kind is MappingEndEvent:
                break
            line = event.start_mark.line + 1
            if kind is ScalarEvent and event.anchor is None and event.tag is None:
                key = keys.setdefault(event.value, event.value)
                if key == "<<" and event.implicit[0]:
                    self._merge(merged, line)
                    continue
            else:
                key = self._unusual_key(event)
            if key in result:
                self._fail(f"the key {_shown(key)} is given twice, first on line {result.line_of(key)}; keep one", line)
            event = get_event()
            # Most values are plain text: to deal with them here, not two calls further, saves a fifth of the time.
            if event.__class__ is ScalarEvent and event.tag is None and event.anchor is None:
                result[key] = memo[event.value] if event.implicit[0] else event.value
            else:
                result[key] = node(event)
            lines.append(line)
        self._nodes += 2 * len(lines) + 1
        return _merge_all(result, merged) if merged else result

    def _list(self, start: Any) -> YamlList:
        get_event, node = self._get_event, self._node
        result = YamlList()
        result.line = start.start_mark.line + 1
        result.lines = lines = []
        while True:
            event = get_event()
            if event.__class__ is SequenceEndEvent:
                break
            lines.append(event.start_mark.line + 1)
            result.append(node(event))
        self._nodes += len(lines) + 1
        return result

    def _unusual_key(self, event: Any) -> str:
        """The text of a key that carries an anchor or a tag, or is an alias."""
        line = event.start_mark.line + 1
        if event.__class__ is AliasEvent:
            text = self._alias(event).text
        else:
            text = event.value if event.__class__ is ScalarEvent else None
            if text is not None and event.anchor is not None:
                self._anchored(event)
        if text is None:
            self._fail("a key must be plain text, not a map or a list", line)
        return text

    def _merge(self, merged: list[YamlMap], line: int) -> None:
        """Read the value of ``<<``: a map, or a list of maps, of which the first that has a key gives its value."""
        if merged:
            self._fail("the key '<<' is given twice; merge a list of maps instead: '<<: [*one, *two]'", line)
        value = self._node(self._get_event())
        for source in value if isinstance(value, YamlList) else [value]:
            if not isinstance(source, YamlMap):
                self._fail("the key '<<' merges a map or a list of maps, and found something else", line)
            merged.append(source)

    def _anchored(self, event: Any) -> Any:
        # The record stands in the table before its value is read: an alias inside finds it still open.
        anchor = self._anchors[event.anchor] = _Anchor()
        nodes, deepest = self._nodes, self._deepest
        self._deepest = self._level
        if event.__class__ is ScalarEvent:
            anchor.text = event.value
            anchor.value = self._scalar(event)
        else:
            anchor.value = self._collection(event)
        anchor.open = False
        anchor.size = self._nodes - nodes + 1
        anchor.height = self._deepest - self._level
        self._deepest = max(self._deepest, deepest)
        return anchor.value

    def _alias(self, event: Any) -> _Anchor:
        line = event.start_mark.line + 1
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            self._fail(f"the alias {_shown(event.anchor)} has no anchor before it; define one with '&'", line)
        if anchor.open:
            self._fail(f"the alias {_shown(event.anchor)} stands inside what it repeats and would never end", line)
        self._nodes += anchor.size
        if self._nodes > MOST_NODES:
            self._fail(f"aliases would expand to more than {MOST_NODES:,} values; write fewer aliases of aliases", line)
        if self._level + anchor.height > DEEPEST:
            self._too_deep(event)
        self._deepest = max(self._deepest, self._level + anchor.height)
        return anchor

    def _too_deep(self, event: Any) -> NoReturn:
        self._fail(f"nested deeper than {DEEPEST} levels; flatten the document", event.start_mark.line + 1)

    def _tagged_scalar(self, event: Any) -> Any:
        tag, text, line = event.tag, event.value, event.start_mark.line + 1
        if tag in _OWN_SCALARS:
            try:
                return tagged_scalar(tag, text, self._memo.__getitem__)
            except ValueError:
                self._fail(f"the value under the tag {_shown_tag(tag)} does not fit it; mend one of the two", line)
        return self._kept(tag, text if event.style else self._memo[text], line)

    def _tagged_collection(self, event: Any, tag: str) -> Any:
        line = event.start_mark.line + 1
        is_map = event.__class__ is MappingStartEvent
        value: Any = self._map(event) if is_map else self._list(event)
        match tag.removeprefix(_STANDARD), is_map:
            case ("map", True) | ("seq", False):
                return value
            case ("set", True):
                return set(value)
            case ("omap" | "pairs", False):
                if not all(isinstance(item, dict) and len(item) == 1 for item in value):
                    self._fail(f"each item under the tag {_shown_tag(tag)} must be a map with one key", line)
                value[:] = [next(iter(item.items())) for item in value]
                return value
        return self._kept(tag, value, line)

    def _kept(self, tag: str, value: Any, line: int) -> Tagged:
        if self._tags == "refuse" or tag.startswith(_STANDARD):
            self._fail(f"the tag {_shown_tag(tag)} is not understood here; remove it", line)
        return Tagged(tag, value, line)


def _merge_all(own: YamlMap, sources: list[YamlMap]) -> YamlMap:
    """What the merged maps give, then what the map itself says, which wins; lines stay where the keys were written."""
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for source in [*reversed(sources), own]:
        values.update(source)
        lines.update(zip(source, source.lines, strict=True))
    result = YamlMap(values)
    result.line = own.line
    result.lines = [lines[key] for key in result]
    return result


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")


def _shown_tag(tag: str) -> str:
    return _shown(tag.replace(_STANDARD, "!!"))
