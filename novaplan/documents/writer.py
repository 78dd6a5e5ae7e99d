"""Write plain values as YAML that people read and every parser reads alike, several times faster than PyYAML does.

Block style, two spaces a level, keys in the order they come, lists below their key, no anchors, no line breaks that the
text does not have. What is written reads back as the same value under YAML 1.1 and under YAML 1.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, Final

from novaplan.documents.quoting import block_header, comment, quoted

# As deep as the reader reads.
DEEPEST: Final = 100

# Parsers want the colon of a key within 1,024 characters on the same line, or the key announced by a '?'.
_LONGEST_KEY: Final = 500

_INDENT: Final = "  "


def dump(value: Any, *, header: str | None = None) -> str:
    """One YAML document; ``header`` becomes a comment above it.

    Maps need strings as keys. Raises TypeError for anything but maps with such keys, sequences, strings, numbers,
    booleans and None, and ValueError for half a surrogate pair and for values nested deeper than 100 levels.
    """
    return dump_all([value], header=header)


def dump_all(values: Iterable[Any], *, header: str | None = None) -> str:
    """Several YAML documents, parted by ``---``. Raises as ``dump`` does."""
    top = "" if header is None else comment(header)
    emitter = _Emitter()
    return top + "---\n".join(emitter.document(value) for value in values)


class _Keys(dict[str, str]):
    """How each key is written, worked out once; one that is too long for its line starts with ``?``."""

    def __missing__(self, key: object) -> str:
        if not isinstance(key, str):
            raise TypeError(f"a key must be a string, not {type(key).__name__}")
        text = quoted(str.__str__(key))
        written = self[key] = text if len(text) <= _LONGEST_KEY else f"? {text}"
        return written


class _Strings(dict[str, str]):
    """How each string is written, worked out once: on one line, or the header of its literal block."""

    def __missing__(self, text: str) -> str:
        written = self[text] = block_header(text) or quoted(text)
        return written


class _Emitter:
    """Collects the text of documents.

    Each method that writes a value gets the ``pad`` that indents its lines, and the ``lead`` that goes before the first
    of them when it is a map or a list: a line break and the indent below a key, a space after a dash.
    """

    def __init__(self) -> None:
        self._out: list[str] = []
        self._keys = _Keys()
        self._strings = _Strings()
        self._writers: dict[type, Callable[[Any, str, str], None]] = {}

    def document(self, value: Any) -> str:
        if isinstance(value, str):  # a literal block would have nothing to be indented under
            return quoted(str.__str__(value)) + "\n"
        self._out.clear()
        self._write(value, "", "")
        return "".join(self._out).removeprefix(" ")

    def _write(self, value: Any, lead: str, pad: str) -> None:
        kind = type(value)
        writer = self._writers.get(kind)
        if writer is None:
            writer = self._writers[kind] = self._writer_of(kind)
        writer(value, lead, pad)

    def _writer_of(self, kind: type) -> Callable[[Any, str, str], None]:
        if issubclass(kind, str):
            return self._string
        if issubclass(kind, int | float | NoneType):  # a bool is an int
            return self._scalar
        if issubclass(kind, Mapping):
            return self._map
        if issubclass(kind, Sequence) and not issubclass(kind, bytes | bytearray | memoryview):
            return self._list
        raise TypeError(f"cannot write {kind.__name__} as YAML")

    def _scalar(self, value: float | None, _lead: str, _pad: str) -> None:
        self._out.append(f" {_scalar(value)}\n")

    def _string(self, value: str, _lead: str, pad: str) -> None:
        text = str.__str__(value)
        written = self._strings[text]
        self._out.append(f" {written}\n")
        if written[0] == "|":
            lines = text.removesuffix("\n").split("\n")
            self._out.append("".join(f"{pad}{line}\n" if line else "\n" for line in lines))

    def _map(self, value: Mapping[Any, Any], lead: str, pad: str) -> None:
        if not value:
            self._out.append(" {}\n")
            return
        _check_depth(pad)
        append, keys, strings, write = self._out.append, self._keys, self._strings, self._write
        inner = pad + _INDENT
        below = "\n" + inner
        for key, item in value.items():
            name = keys[key]
            if name[0] == "?":
                name = f"{name}\n{pad}"
            # Most values are strings on one line: to deal with them here, not two calls further, is what is fast.
            if type(item) is str and (text := strings[item])[0] != "|":
                append(f"{lead}{name}: {text}\n")
            else:
                append(f"{lead}{name}:")
                write(item, below, inner)
            lead = pad

    def _list(self, value: Sequence[Any], lead: str, pad: str) -> None:
        if not value:
            self._out.append(" []\n")
            return
        _check_depth(pad)
        inner = pad + _INDENT
        for item in value:
            self._out.append(f"{lead}-")
            self._write(item, " ", inner)
            lead = pad


def _check_depth(pad: str) -> None:
    if len(pad) >= DEEPEST * len(_INDENT):
        raise ValueError(f"nested deeper than {DEEPEST} levels, or contains itself")


def _scalar(value: float | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = float.__repr__(value)
    # YAML 1.1 takes '1e+16' for a string; it wants the point.
    return text if "." in text else text.replace("e", ".0e")
