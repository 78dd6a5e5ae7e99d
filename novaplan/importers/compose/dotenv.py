"""Environment files, as docker compose reads them: quotes, ``export``, comments, values over several lines, variables.

An error or a note never quotes the text of a file: it may hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from novaplan.documents.source import decode, load
from novaplan.errors import DocumentError, InputError
from novaplan.importers.compose.disk import exists, is_file
from novaplan.importers.compose.interpolation import MissingVariable, substitute
from novaplan.importers.draft import Where

_START = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*\Z)?")
_KEY = re.compile(r"(?:export[ \t]+)?([A-Za-z0-9_.\-\[\]]+)[ \t]*(?:([=:])[ \t]*|(?=\n|\Z))")
_BARE = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
# A mark for a dollar sign that was escaped, so that it is not taken for a variable; NUL never stands in a text file.
_DOLLAR = "\0"

LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Variable:
    """One line of an environment file; ``value`` None: the variable is named there and gets its value elsewhere."""

    name: str
    value: str | None = field(repr=False)
    where: Where


def read_env(path: Path, known: Mapping[str, str], *, raw: bool = False) -> list[Variable]:
    """The variables of an environment file, in order, a later one after an earlier one of the same name.

    ``known`` are the variables that its values may use. ``raw`` takes every value as it is written. Raises
    DocumentError when the file cannot be read and InputError when it is malformed.
    """
    if exists(path) and not is_file(path):
        raise DocumentError("is no ordinary file; name an environment file", file=str(path))
    text = decode(load(str(path), LARGEST), str(path)).replace("\r\n", "\n")
    return _raw(text, str(path)) if raw else parse_env(text, known, file=str(path))


def parse_env(text: str, known: Mapping[str, str], *, file: str = "<text>") -> list[Variable]:
    """``read_env`` for a text."""
    return _Parser(text, known, file).variables()


def values_of(variables: list[Variable]) -> dict[str, str]:
    """Name and value of every variable that has one; the last of a name counts."""
    return {variable.name: variable.value for variable in variables if variable.value is not None}


def _raw(text: str, file: str) -> list[Variable]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        name, equals, value = line.partition("=")
        if name.strip() and not name.lstrip().startswith("#"):
            name = name.strip()
            found.append(Variable(name, value if equals else None, Where(file, number, name)))
    return found


class _Parser:
    def __init__(self, text: str, known: Mapping[str, str], file: str) -> None:
        self._text = text
        self._known = known
        self._file = file
        self._values: dict[str, str] = {}
        self._counted = 0
        self._line = 1

    def variables(self) -> list[Variable]:
        found: list[Variable] = []
        position = self._skip(0)
        while position < len(self._text):
            key = _KEY.match(self._text, position)
            if key is None:
                self._fail("is no line of the form NAME=VALUE", position)
            where = Where(self._file, self._line_at(position), key[1])
            value, position = (None, key.end()) if key[2] is None else self._value(key.end())
            if value is None:
                value = self._lookup(key[1])
            if value is not None:
                self._values[key[1]] = value
            found.append(Variable(key[1], value, where))
            position = self._skip(position)
        return found

    def _skip(self, position: int) -> int:
        start = _START.match(self._text, position)
        return start.end() if start else position

    def _value(self, position: int) -> tuple[str, int]:
        quote = self._text[position : position + 1]
        if quote not in ("'", '"') or not quote:
            bare = _BARE.match(self._text, position)
            assert bare is not None
            return self._filled(_COMMENT.sub("", bare[0]).strip(), position), bare.end()
        quoted = (_SINGLE if quote == "'" else _DOUBLE).match(self._text, position)
        if quoted is None:
            self._fail("has a quote that is not closed", position)
        end = self._text.find("\n", quoted.end())
        end = len(self._text) if end < 0 else end
        if _COMMENT.sub("", self._text[quoted.end() : end]).strip():
            self._fail("has text after the closing quote; quote the whole value", position)
        if quote == "'":
            return quoted[1].replace("\\'", "'"), end
        return self._filled(_ESCAPE.sub(_unescaped, quoted[1]), position).replace(_DOLLAR, "$"), end

    def _filled(self, text: str, position: int) -> str:
        if "$" not in text:
            return text
        try:
            return substitute(text, self._lookup).text
        except MissingVariable as missing:
            self._fail(f"demands the variable {missing.name}, which is not set", position)

    def _lookup(self, name: str) -> str | None:
        # What is known from outside goes before what the file itself says, as in docker compose.
        return self._known.get(name, self._values.get(name))

    def _line_at(self, position: int) -> int:
        self._line += self._text.count("\n", self._counted, position)
        self._counted = position
        return self._line

    def _fail(self, message: str, position: int) -> NoReturn:
        line = self._text.count("\n", 0, position) + 1
        raise InputError(message, file=self._file, line=line)


def _unescaped(escape: re.Match[str]) -> str:
    char = escape[1]
    return _DOLLAR if char == "$" else _ESCAPES.get(char, char if char in "\"'\\" else escape[0])
