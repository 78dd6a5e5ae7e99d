"""Topologies, differences and plans as a notebook shows them: a picture, and the tables below it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from novaplan.diagrams.picture import Picture

MOST_BOXES: Final = 150
"""Components that are drawn without being asked; beyond them drawing takes seconds."""
_SHOWN: Final = (
    ("novaplan.topology.system", "Topology"),
    ("novaplan.changes.model", "Diff"),
    ("novaplan.migration.plan", "Plan"),
    ("novaplan.diagrams.picture", "Picture"),
)


def register() -> None:
    """Have the running IPython show them so; without one nothing happens. Costs no import until one is shown."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell and shell.display_formatter:
        for module, name in _SHOWN:
            shell.display_formatter.formatters["text/html"].for_type_by_name(module, name, html)


def html(value: Any) -> str | None:
    """The picture of a topology, or of what becomes of one, and its tables; just these where nothing here draws SVG.
    Of a picture there is nothing else."""
    from novaplan.diagrams.dot import dot
    from novaplan.diagrams.drawing import draw
    from novaplan.errors import MissingExtraError, OutputError

    picture = _picture(value)
    tables: str | None = None if picture is value else value._repr_html_()
    if not picture.boxes or (tables and len(picture.boxes) > MOST_BOXES):
        return tables
    try:
        svg = draw(dot(picture), "svg", title=picture.title).decode()
    except (MissingExtraError, OutputError):
        return tables
    inline = re.sub(r"^.*?(?=<svg)", "", svg, count=1, flags=re.DOTALL)
    return f'<div style="overflow:auto;max-height:80vh">{inline}</div>{tables or ""}'


def _picture(value: Any) -> Picture:
    from novaplan.changes.model import Diff
    from novaplan.diagrams.comparison import compare
    from novaplan.diagrams.picture import Picture
    from novaplan.diagrams.system import draw
    from novaplan.topology.system import Topology

    if isinstance(value, Picture):
        return value
    if isinstance(value, Topology):
        return draw(value)
    found = value if isinstance(value, Diff) else value.world
    return compare(found.current, found.target)
