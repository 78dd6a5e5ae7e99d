"""How wide and how colourful standard output is."""

from __future__ import annotations

import os
import re
import sys

from novaplan.cli import output

WIDTH = 80
NARROWEST = 40

_BOLD = "1"
_GREEN, _RED, _YELLOW = "32", "31", "33"

_RULE = re.compile(r"-+(?: +-+)*")
_LABEL = re.compile(r"  (?:key )?(?P<word>[a-z]+)(?= )")
_OF_LABEL = {"new": _GREEN, "merged": _YELLOW, "moved": _YELLOW}
"""What happened to a part, by the label of its row in a difference."""


def width() -> int:
    """Columns a table may take: those of the terminal; 80 anywhere else, so that a pipe or file never depends on the
    window it was made in."""
    if not _is_terminal():
        return WIDTH
    stated = os.environ.get("COLUMNS", "")
    if stated.isascii() and stated.isdigit() and int(stated) > 0:
        return max(int(stated), NARROWEST)
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        columns = 0
    return max(columns, NARROWEST) if columns else WIDTH


def folded(line: str) -> str:
    """``line`` in lines that are no wider than they may be."""
    most = width()
    if len(line) <= most:
        return line
    import textwrap

    return textwrap.fill(line, most, subsequent_indent="  ")


def write_text(text: str) -> None:
    """Write tables and sections for people, with colour where that is wanted."""
    output.write((painted(text) if is_colourful() else text) + "\n")


def is_colourful() -> bool:
    """Colour belongs on a terminal that can show it, and obeys https://no-color.org."""
    return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def painted(text: str) -> str:
    """``text`` in colour: headings bold; what is new green, what is gone red, what merged or moved yellow. Without its
    colours it is the same text."""
    lines = text.split("\n")
    styles = {0: _BOLD}
    for number, line in enumerate(lines):
        above = lines[number - 1] if number else ""
        if _RULE.fullmatch(line):
            styles[number - 1] = _BOLD
            styles[number - 3] = _BOLD  # the title of the table, an empty line above the names of its columns
        elif line.startswith("  ") and above and not above.startswith(" ") and number > 1 and not lines[number - 2]:
            styles[number - 1] = _of_section(above)
    return "\n".join(
        _styled(line, styles[number]) if number in styles else _row(line) for number, line in enumerate(lines)
    )


def _of_section(title: str) -> str:
    if title.endswith(" (new)"):
        return f"{_BOLD};{_GREEN}"
    if " <- " in title:
        return f"{_BOLD};{_YELLOW}"
    return f"{_BOLD};{_RED}" if title == "Retired" else _BOLD


def _row(line: str) -> str:
    label = _LABEL.match(line)
    if label is None or label["word"] not in _OF_LABEL:
        return line
    return line[: label.start("word")] + _styled(label["word"], _OF_LABEL[label["word"]]) + line[label.end("word") :]


def _styled(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if text else text


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
