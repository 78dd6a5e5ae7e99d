"""Write plain values as YAML that people read and every parser reads alike, several times faster than PyYAML does.

Block style, two spaces a level, keys in the order they come, lists below their key, no anchors, no line breaks that the
text does not have. What is written reads back as the same value under YAML 1.1 and under YAML 1.2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from novaplan.documents.quoting import block_header, comment, quoted

# As deep as the reader reads.
DEEPEST: Final = 100

# Parsers want the colon of a key within 1,024 characters on the same line, or the key announced by a '?'.
_LONGEST_KEY: Final = 500

_INDENT: Final = "  "
_COLLECTIONS: Final = (dict, list, tuple, Mapping, Sequence)
_NUMBERS: Final = (int, float)  # and so bool
_BYTES: Final = (bytes, bytearray, memoryview)


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

    ``pad`` is what indents the lines of a value; ``lead`` is what goes before the first of them when it is a map or a
    list: a line break and the indent below a key, a space after a dash.
    """

    def __init__(self) -> None:
        self._out: list[str] = []
        self._keys = _Keys()
        self._strings = _Strings()

    def document(self, value: Any) -> str:
        if isinstance(value, str):  # a literal block would have nothing to be indented under
            return quoted(str.__str__(value)) + "\n"
        self._out.clear()
        self._value(value, "", "")
        return "".join(self._out).removeprefix(" ")

    def _value(self, value: Any, lead: str, pad: str) -> None:
        if isinstance(value, str):
            self._string(self._strings[str.__str__(value)], value, pad)
        elif value is None or isinstance(value, _NUMBERS):
            self._out.append(f" {_scalar(value)}\n")
        elif isinstance(value, _COLLECTIONS) and not isinstance(value, _BYTES):
            self._collection(value, lead, pad)
        else:
            raise TypeError(f"cannot write {type(value).__name__} as YAML")

    def _string(self, written: str, text: str, pad: str) -> None:
        if written[0] != "|":
            self._out.append(f" {written}\n")
            return
        lines = text.removesuffix("\n").split("\n")
        self._out.append(f" {written}\n" + "".join(f"{pad}{line}\n" if line else "\n" for line in lines))

    def _collection(self, value: Mapping[Any, Any] | Sequence[Any], lead: str, pad: str) -> None:
        is_map = isinstance(value, (dict, Mapping))  # dict first: asking Mapping is slow
        if not value:
            self._out.append(" {}\n" if is_map else " []\n")
        elif len(pad) >= DEEPEST * len(_INDENT):
            raise ValueError(f"nested deeper than {DEEPEST} levels, or contains itself")
        elif is_map:
            self._map(value, lead, pad)
        else:
            self._list(value, lead, pad)

    def _map(self, value: Any, lead: str, pad: str) -> None:
        append, keys, strings = self._out.append, self._keys, self._strings
        inner = pad + _INDENT
        below = "\n" + inner
        for key, item in value.items():
            name = keys[key]
            if name[0] == "?":
                name = f"{name}\n{pad}"
            # Most values are strings on one line: to deal with them here, not three calls further, is what is fast.
            if type(item) is str and (text := strings[item])[0] != "|":
                append(f"{lead}{name}: {text}\n")
            else:
                append(f"{lead}{name}:")
                self._value(item, below, inner)
            lead = pad

    def _list(self, value: Any, lead: str, pad: str) -> None:
        append = self._out.append
        inner = pad + _INDENT
        for item in value:
            append(f"{lead}-")
            self._value(item, " ", inner)
            lead = pad


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
