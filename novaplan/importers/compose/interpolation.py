"""Variables in the values of compose files: ``$A``, ``${A}`` and its forms with a default, a demand or a replacement.

What strict compose refuses, such as ``$(cat file)``, stays as it is written and is told: the file still says a lot.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Lookup = Callable[[str], str | None]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")

# Nobody writes defaults of defaults this deep; a text made to be deep must not exhaust the stack.
DEEPEST: Final = 50


class MissingVariable(Exception):
    """A variable that the author demands (``${A:?message}``) is not set. It holds no value."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name)
        self.name = name
        self.message = message
        """What the author wrote for this case, with nothing filled in."""


@dataclass(frozen=True, slots=True)
class Substituted:
    """A text with its variables filled in."""

    text: str
    unset: tuple[str, ...] = ()
    """Variables that are not set and have no default: they became nothing."""
    odd: bool = False
    """A dollar sign stands where compose allows none; it was kept."""


def substitute(text: str, lookup: Lookup) -> Substituted:
    """Fill in the variables of ``text``.

    A default is looked at only when it is needed, as in a shell. Raises MissingVariable.
    """
    scanner = _Scanner(lookup)
    return Substituted(scanner.fill(text, 0), tuple(dict.fromkeys(scanner.unset)), scanner.odd)


class _Scanner:
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.unset: list[str] = []
        self.odd = False

    def fill(self, text: str, depth: int) -> str:
        parts: list[str] = []
        position = 0
        while (dollar := text.find("$", position)) >= 0:
            parts.append(text[position:dollar])
            value, position = self._variable(text, dollar, depth)
            parts.append(value)
        parts.append(text[position:])
        return "".join(parts)

    def _variable(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        """The value of what starts at ``dollar``, and where the text goes on."""
        after = dollar + 1
        if text.startswith("$", after):
            return "$", after + 1
        if not text.startswith("{", after):
            name = _NAME.match(text, after)
            return (self._plain(name[0]), name.end()) if name else self._kept(text, dollar, after)
        end = _closing_brace(text, dollar)
        name = _NAME.match(text, after + 1, end) if end else None
        if name is None or depth >= DEEPEST:
            return self._kept(text, dollar, end + 1 if end else after)
        if name.end() == end:
            return self._plain(name[0]), end + 1
        operator = _OPERATOR.match(text, name.end(), end)
        if operator is None:
            return self._kept(text, dollar, end + 1)
        return self._operation(name[0], operator[0], text[operator.end() : end], depth), end + 1

    def _kept(self, text: str, start: int, end: int) -> tuple[str, int]:
        self.odd = True
        return text[start:end], end

    def _plain(self, name: str) -> str:
        value = self._lookup(name)
        if value is None:
            self.unset.append(name)
            return ""
        return value

    def _operation(self, name: str, operator: str, word: str, depth: int) -> str:
        value = self._lookup(name)
        # With a colon an empty value counts as no value.
        there = bool(value) if operator.startswith(":") else value is not None
        match operator[-1]:
            case "+":
                return self.fill(word, depth + 1) if there else ""
            case "?" if not there:
                raise MissingVariable(name, word)
            case "-" if not there:
                return self.fill(word, depth + 1)
        return value or ""


def _closing_brace(text: str, dollar: int) -> int:
    """Where the brace of ``${`` at ``dollar`` closes; 0 when it never does. Only ``${`` opens a further one."""
    depth = 0
    position = dollar
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            position += 2
            continue
        if text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return 0
