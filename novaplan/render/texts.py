"""Texts made from templates: guides, scripts, the runbook. Structure (YAML, JSON) is never made this way."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from novaplan.tables import markdown_text

if TYPE_CHECKING:
    from jinja2 import Environment

_FENCE = re.compile(r"`{3,}")


def environment(package: str) -> Environment:
    """Jinja2 over the templates that lie in ``package``. A name that a template misspells is an error; nothing is
    escaped by itself, so a template says by a filter where its text goes: ``md`` into Markdown, ``code`` into a block
    of code, ``sh`` into a shell command."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    head, _, tail = package.rpartition(".")
    made = Environment(
        loader=PackageLoader(head, tail),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # none of it is HTML
    )
    made.filters.update(md=markdown_text, code=code_block, sh=shlex.quote)
    return made


def code_block(text: str, language: str = "") -> str:
    """``text`` as a block of code in Markdown, whatever is in it."""
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def fill(package: str, template: str, **values: Any) -> str:
    """The text that ``template`` of ``package`` gives."""
    return environment(package).get_template(template).render(**values)
