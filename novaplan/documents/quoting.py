"""How one string is written, so that every YAML 1.1 and 1.2 parser reads it back as the same string."""

from __future__ import annotations

import re
from typing import Final

# What some parser takes for a boolean, a null or a special float, in any capitalisation to be safe.
_WORDS: Final = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", "-.inf", "+.inf", ".nan", "-.nan", "+.nan")
)

# Starts like a word, a path or a number; holds no ': ', no ' #', and no end in ':' or a space. Braces, commas and the
# like are harmless inside: values are never written between brackets.
_PLAIN = re.compile(
    r"(?!\.\.\.)(?:[A-Za-z0-9_/.+$(^;\\]|[^\x00-\xa0\s]|-(?=[^\s-]|-[^\s-]))"
    r"(?:[^\x00-\x20\x7f:#]|#|:(?=\S)| +(?=[^\s#]))*"
)

# Whole numbers, floats, hexadecimal, octal, times, dates, versions: quoted without asking which parser means what.
_LIKE_A_NUMBER = re.compile(r"(?:[-+.]+_*)?(?:[0-9][-+.,:_0-9a-fA-FoOxXtTzZ ]*)?")

# Characters that YAML forbids, that break lines in one version of it but not the other, or that make text look like
# something it is not (the directions of writing). A tab is allowed in literal blocks alone.
_HIDDEN = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
_UNREADABLE = re.compile(f"[{_HIDDEN}]")
_NEEDS_ESCAPE = re.compile(f"[\t\n{_HIDDEN}]")
_ESCAPED = re.compile(f'[\\\\"\t\n{_HIDDEN}]')
_SURROGATE = re.compile("[\ud800-\udfff]")

_SHORT_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def quoted(text: str) -> str:
    """``text`` on one line: as it is where that is safe, else in quotes.

    Raises ValueError for half of a surrogate pair, which no encoding can hold.
    """
    if not text.isascii() and _SURROGATE.search(text):
        raise ValueError("half of a surrogate pair cannot be written as YAML")
    if _NEEDS_ESCAPE.search(text):
        return '"' + _ESCAPED.sub(_escape, text) + '"'
    if _PLAIN.fullmatch(text) and not _LIKE_A_NUMBER.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT_ESCAPES.get(char) or (f"\\x{ord(char):02X}" if ord(char) < 0x100 else f"\\u{ord(char):04X}")


def block_header(text: str) -> str | None:
    """The header of a literal block (``|``, ``|-``, ``|2+``) that holds ``text`` exactly, or None when none can."""
    lines = text.split("\n")
    if len(lines) == 1 or text.isspace() or text[0] == "\t" or _UNREADABLE.search(text) or _SURROGATE.search(text):
        return None
    if any(line.isspace() for line in lines):  # parsers differ on whether such a line is empty
        return None
    # A first line that is empty or starts with a space would hide how far the block is indented.
    indent = "2" if text[0] in " \n" else ""
    if not text.endswith("\n"):
        return f"|{indent}-"
    return f"|{indent}+" if text.endswith("\n\n") else f"|{indent}"


def comment(text: str) -> str:
    """``text`` as lines that start with ``#``; characters that would end a comment or harm a terminal become spaces."""
    lines = [re.sub(f"[{_HIDDEN}\ud800-\udfff]", " ", line).rstrip() for line in text.split("\n")]
    return "".join(f"# {line}\n" if line else "#\n" for line in lines)
