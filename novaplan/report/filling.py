"""How values become HTML: the templates, what escapes their text, and what the page lets itself do."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from novaplan.documents.files import generated_header
from novaplan.errors import one_line
from novaplan.tables import Table
from novaplan.topology.tables import plural

if TYPE_CHECKING:
    from jinja2 import Environment

_FIGURE = re.compile(r"[<>=~≥≤+−-]?[\d.,]+(?:m|%|[KMGT]i?|ms|s|h|d)?\+?|\?|")
"""A cell that is read as a number, with its unit: such columns are aligned to the right."""


def fill(template: str, **values: Any) -> str:
    """The page that ``template`` gives. Text is escaped wherever it goes."""
    style, script = (_part(name) for name in ("page.css", "page.js"))
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'"
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            style=style,
            script=script,
            policy=f"{policy}; form-action 'none'",
            header=generated_header("report"),
        )
    )


def _part(name: str) -> str:
    return (resources.files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What a content security policy names an inline style or script by (CSP level 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("novaplan.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False, "separators": (",", ":")}
    made.filters.update(line=one_line, arrows=arrows, cell=cell, count=counted, share=share)
    made.tests["figures"] = figures
    return made


def cell(value: Any) -> str:
    """A value of a table as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(cell, value))
    return one_line(value)


def arrows(text: str) -> str:
    """A line written for a terminal, with arrows as a page has them."""
    return text.replace(" -> ", " → ").replace(" <- ", " ← ")


def figures(column: int, table: Table) -> bool:
    """Whether a column holds figures alone."""
    return all(_FIGURE.fullmatch(cell(row[column])) for row in table.rows)


def counted(number: int | Sequence[Any], noun: str) -> str:
    """``1 step``, ``2 steps``."""
    many = number if isinstance(number, int) else len(number)
    return f"{many:,} {plural(noun, many)}"


def share(value: float) -> str:
    """A share of a drawing's width, as short as it can be told."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
