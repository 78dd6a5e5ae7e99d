"""Sections for people: a title and aligned rows, as plain text, Markdown or HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from novaplan.errors import one_line
from novaplan.tables import Table

WIDEST_LABEL = 16
"""Labels are not aligned beyond this."""
NARROWEST = 24
"""A terminal narrower than this is treated as this wide."""


class Section(NamedTuple):
    """What happened to one thing. A row is a label and a text; an empty label goes on with the one above."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def text(self, width: int) -> str:
        """Plain text: the title, then the rows, indented and aligned, no line longer than ``width``."""
        width = max(width, NARROWEST)
        label = min(max((len(name) for name, _ in self.rows), default=0), WIDEST_LABEL, width // 3)
        lines = fold(self.title, width, after="    ")
        for name, text in self.rows:
            start = f"  {one_line(name):{label}}  " if label else "  "
            lines += fold(text, width, before=start, after=" " * len(start))
        return "\n".join(lines)

    def markdown(self) -> str:
        """A heading and a table."""
        return Table(self.title, ("what", "change"), self._filled()).markdown()

    def html(self) -> str:
        """A table with the title as its caption."""
        return Table(self.title, ("what", "change"), self._filled()).html()

    def _filled(self) -> tuple[tuple[str, str], ...]:
        """Rows that go on with the one above become part of it, since other forms do not keep lines apart."""
        filled: list[tuple[str, str]] = []
        for name, text in self.rows:
            if name or not filled:
                filled.append((name, text))
            else:
                filled[-1] = (filled[-1][0], f"{filled[-1][1]}; {text}")
        return tuple(filled)


def fold(text: str, width: int, before: str = "", after: str = "") -> list[str]:
    """``text`` in lines of at most ``width``; long words are broken, and nothing in it can steer a terminal."""
    kept = one_line(text).replace(" -> ", " ->\u00a0")  # an arrow stays with what it points at
    lines = textwrap.wrap(kept, width, initial_indent=before, subsequent_indent=after, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines] or [before.rstrip()]


def paragraphs_html(lines: Iterable[str]) -> str:
    """Each line as a paragraph."""
    import html

    return "".join(f"<p>{html.escape(one_line(line))}</p>" for line in lines)


def rows(label: str, lines: Sequence[str], most: int = 12) -> list[tuple[str, str]]:
    """One row for each line, the label on the first; beyond ``most`` they are only counted."""
    shown = list(lines[:most])
    if len(lines) > most:
        shown.append(f"and {len(lines) - most} more")
    return [(label if position == 0 else "", line) for position, line in enumerate(shown)]


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names with commas between; beyond ``most`` they are only counted."""
    found = list(names)
    if len(found) <= most + 1:
        return ", ".join(found)
    return ", ".join(found[:most]) + f" and {len(found) - most} more"
