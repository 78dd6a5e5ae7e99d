"""A table as a value: rows that the terminal, a pull request, a notebook or pandas shows in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from novaplan.errors import MissingExtraError, one_line

if TYPE_CHECKING:
    import pandas

NARROWEST = 8
"""Columns are folded no further than this, so that words stay readable."""
_BESIDE_HEADERS = 2
"""Columns that tabulate keeps free beside each header."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns. Cells are plain values; text in them is escaped for each form."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def text(self, width: int = 80) -> str:
        """Aligned plain text, cells folded so that no line is longer than ``width``."""
        from tabulate import tabulate

        cells = [[_shown(cell) for cell in row] for row in self.rows]
        widths = _fit([[column + " " * _BESIDE_HEADERS for column in self.columns], *cells], width)
        body = tabulate(
            cells,
            headers=list(self.columns),
            tablefmt="simple",
            maxcolwidths=list(widths),
            maxheadercolwidths=[room - _BESIDE_HEADERS for room in widths],
            disable_numparse=True,
            colalign=self._alignment() if cells else None,
        )
        return f"{self.title}\n\n{body}" if self.title else body

    def markdown(self) -> str:
        """A table as GitHub renders it."""
        lines = [f"### {markdown_text(self.title)}", ""] if self.title else []
        lines.append("| " + " | ".join(markdown_text(column) for column in self.columns) + " |")
        marks = {"left": "---", "right": "--:"}
        lines.append("| " + " | ".join(marks[side] for side in self._alignment()) + " |")
        lines += ["| " + " | ".join(markdown_text(_shown(cell)) for cell in row) + " |" for row in self.rows]
        return "\n".join(lines)

    def html(self) -> str:
        """A table for a notebook or a page."""
        caption = f"<caption>{_html(self.title)}</caption>" if self.title else ""
        head = "".join(f'<th scope="col">{_html(column)}</th>' for column in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{_html(_shown(cell))}</td>" for cell in row) + "</tr>" for row in self.rows
        )
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def frame(self) -> pandas.DataFrame:
        """A pandas DataFrame. Raises ``MissingExtraError`` when pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise MissingExtraError("data frames need pandas: pip install 'novaplan[notebook]'") from None
        return pandas.DataFrame.from_records([list(row) for row in self.rows], columns=list(self.columns))

    def _repr_html_(self) -> str:
        return self.html()

    def _alignment(self) -> tuple[str, ...]:
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.columns)
        return tuple("right" if cells and all(_is_number(cell) for cell in cells) else "left" for cells in columns)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int) and not isinstance(cell, bool)


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (list, tuple)):
        return ", ".join(_shown(item) for item in cell)
    return one_line(cell)


def _fit(lines: Sequence[Sequence[str]], width: int) -> tuple[int, ...]:
    """Column widths that fit ``width``: the widest column gives way first."""
    from wcwidth import wcswidth  # tabulate counts with it wherever it is installed, so novaplan always installs it

    widths = [max(max(wcswidth(line[column]), 1) for line in lines) for column in range(len(lines[0]))]
    available = width - 2 * (len(widths) - 1)
    while sum(widths) > available and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return tuple(widths)


def _html(text: str, *, quote: bool = True) -> str:
    from html import escape  # not for plain text: it brings the 2,231 names of HTML's characters

    return escape(text, quote=quote)


def markdown_text(text: str) -> str:
    """Text as Markdown shows it, whatever is in it."""
    escaped = _html(one_line(text), quote=False)
    return "".join(f"\\{char}" if char in "\\`*_[]|~" else char for char in escaped)
