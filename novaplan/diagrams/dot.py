"""A picture in DOT, the language of Graphviz.

Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart; nothing is said by colour
alone: every mode has a line of its own and every state a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from novaplan.diagrams.picture import Arrow, Box, Group, Line, Picture, Shape, State, shown

_MOST_IN_COLUMNS: Final = 120
"""With more boxes Graphviz takes minutes to keep columns across groups."""
_FONT: Final = "Helvetica,Arial,sans-serif"
_BLUE, _ORANGE, _GREEN, _PURPLE, _GREY, _INK = "#0072B2", "#D55E00", "#007A5A", "#AA4486", "#6B7280", "#1F2937"

_SHAPES: Final[Mapping[Shape, dict[str, str]]] = {
    "service": {"shape": "box", "style": "filled,rounded", "fillcolor": "#E8F1FA", "color": _BLUE},
    "datastore": {"shape": "cylinder", "style": "filled", "fillcolor": "#FBF3E4", "color": "#8A5A00"},
    "external": {"shape": "box", "style": "filled", "fillcolor": "#F3F4F6", "color": _GREY},
    "outside": {"shape": "cds", "style": "filled", "fillcolor": "#FFFFFF", "color": _INK},
    "cluster": {"shape": "box3d", "style": "filled", "fillcolor": "#EEF2F7", "color": _INK},
}
_AVAILABLE: Final = {"penwidth": "3.2", "fillcolor": "#F6E3BC"}
_LINES: Final[Mapping[Line, dict[str, str]]] = {
    "route": {"color": _INK, "penwidth": "1.6", "arrowhead": "normal"},
    "calls": {"color": _BLUE, "arrowhead": "normal"},
    "reads": {"color": _GREEN, "style": "dashed", "arrowhead": "normal"},
    "writes": {"color": "#8A5A00", "penwidth": "1.6", "arrowhead": "normal"},
    "publishes": {"color": _PURPLE, "style": "dotted", "penwidth": "1.6", "arrowhead": "vee"},
    "consumes": {"color": _PURPLE, "style": "dotted", "penwidth": "1.6", "arrowhead": "none", "arrowtail": "vee",
                 "dir": "back"},
    "lineage": {"color": _INK, "style": "bold", "penwidth": "2.4", "arrowhead": "normal"},
}  # fmt: skip
_STATES: Final[Mapping[State, dict[str, str]]] = {
    "new": {"color": _GREEN, "penwidth": "2.6"},
    "gone": {"color": _ORANGE, "fillcolor": "#FFFFFF", "penwidth": "2.0", "fontcolor": _GREY},
    "merged": {"color": _BLUE, "penwidth": "2.6"},
    "moved": {"color": _PURPLE, "penwidth": "2.6"},
    "changed": {"color": _ORANGE, "penwidth": "2.6"},
    "kept": {},
    "plain": {},
}
MEANING: Final[Mapping[Line, str]] = {
    "route": "reached from outside",
    "calls": "calls",
    "reads": "reads",
    "writes": "writes (and reads)",
    "publishes": "publishes to",
    "consumes": "consumes from (arrow shows the messages)",
    "lineage": "became",
}

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "&": "&amp;"}


def dot(picture: Picture) -> str:
    """The picture in DOT."""
    return "".join(f"{line}\n" for line in _lines(picture))


def _lines(picture: Picture) -> Iterator[str]:
    yield "// Written by novaplan diagram; change the source and run it again, edits here are lost."
    yield f"digraph {_quoted(picture.title)} {{"
    yield f"  graph [{_attributes(_graph(picture))}]"
    yield f"  node [{_attributes({'fontname': _FONT, 'fontsize': '11', 'fontcolor': _INK, 'margin': '0.16,0.08'})}]"
    yield f"  edge [{_attributes({'fontname': _FONT, 'fontsize': '9', 'fontcolor': _INK, 'arrowsize': '0.7'})}]"
    members = {group.id: [box for box in picture.boxes if box.group == group.id] for group in picture.groups}
    for group in picture.groups:
        if not group.inside:
            yield from _group(group, picture, members, "  ")
    for box in picture.boxes:
        if not box.group:
            yield "  " + _box(box)
    for arrow in picture.arrows:
        yield f"  {arrow.tail} -> {arrow.head} [{_attributes(_arrow(arrow))}]"
    yield from _columns(picture)
    yield from _legend(picture)
    yield "}"


def _columns(picture: Picture) -> Iterator[str]:
    """What holds state, and what others run, stands in one column behind the services."""
    if len(picture.boxes) > _MOST_IN_COLUMNS or "lineage" in picture.lines:
        return
    behind = [box.id for box in picture.boxes if box.shape in {"datastore", "external"}]
    if behind:
        yield f'  {{ rank="max" {" ".join(behind)} }}'


def _graph(picture: Picture) -> dict[str, str]:
    label = "\n".join((picture.title, *picture.notes))
    return {
        "label": label,
        "labelloc": "t",
        "fontname": _FONT,
        "fontsize": "16",
        "fontcolor": _INK,
        "rankdir": "LR",
        "ranksep": "1.1",
        **({"newrank": "true"} if len(picture.boxes) <= _MOST_IN_COLUMNS else {}),
        "nodesep": "0.25",
        "pad": "0.3",
        "compound": "true",
        "bgcolor": "#FFFFFF",
        "outputorder": "edgesfirst",
    }


def _group(group: Group, picture: Picture, members: Mapping[str, list[Box]], indent: str) -> Iterator[str]:
    yield f"{indent}subgraph {_quoted('cluster_' + group.id)} {{"
    marks = {"id": group.element, "class": "group", "tooltip": group.label}
    style = {"label": group.label, **marks, "style": "rounded", "color": "#9CA3AF", "bgcolor": "#FAFAFA"}
    yield f"{indent}  graph [{_attributes({**style, 'fontsize': '12', 'fontcolor': _GREY, 'margin': '14'})}]"
    for inner in picture.groups:
        if inner.inside == group.id:
            yield from _group(inner, picture, members, indent + "  ")
    for box in members[group.id]:
        yield f"{indent}  {_box(box)}"
    yield f"{indent}}}"


def _box(box: Box) -> str:
    style = dict(_SHAPES[box.shape]) | _STATES[box.state]
    if box.optional or box.state == "gone":
        style["style"] += ",dashed"
    if box.available:
        style |= _AVAILABLE
    word = () if box.state in {"plain", "kept"} else (f"({box.state})",)
    label = "\n".join((*box.label, *word))
    marks = {"id": box.element, "class": _classes(box), "tooltip": box.tooltip or "\n".join(box.label)}
    return f"{box.id} [{_attributes({'label': label, **marks, **style})}]"


def _classes(item: Box | Arrow) -> str:
    """What a script or a style sheet tells elements of an SVG by."""
    kind = item.shape if isinstance(item, Box) else item.line
    return " ".join([kind, *(["optional"] if item.optional else []), *([] if item.state == "plain" else [item.state])])


def _arrow(arrow: Arrow) -> dict[str, str]:
    style = dict(_LINES[arrow.line]) | {key: value for key, value in _STATES[arrow.state].items() if key == "color"}
    if arrow.optional:
        style["arrowhead"] = {"normal": "empty"}.get(style["arrowhead"], style["arrowhead"])
    if arrow.line == "lineage":
        style["constraint"] = "true"
    marks = {"id": arrow.element, "class": _classes(arrow), "tooltip": arrow.tooltip}
    return {**({"label": "\n".join(arrow.label)} if arrow.label else {}), **marks, **style}


def _legend(picture: Picture) -> Iterator[str]:
    """A key of the lines and signs that occur, each drawn as it is in the picture."""
    yield '  subgraph "cluster_legend" {'
    yield f"    graph [{_attributes({'label': 'Legend', 'style': 'rounded', 'color': '#D1D5DB', 'fontsize': '11'})}]"
    yield f"    node [{_attributes({'fontsize': '9', 'margin': '0.08,0.03', 'height': '0.2'})}]"
    for number, line in enumerate(picture.lines):
        start, end = f"legend_{number}_a", f"legend_{number}_b"
        yield f'    {start} [label="" shape="point" width="0.04" color="#9CA3AF"]'
        yield f"    {end} [{_attributes({'label': MEANING[line], 'shape': 'plaintext'})}]"
        yield f"    {start} -> {end} [{_attributes(_LINES[line])}]"
    for number, (text, style) in enumerate(_signs(picture)):
        yield f"    sign_{number} [{_attributes({'label': text, **style})}]"
    yield "  }"


def _signs(picture: Picture) -> Iterator[tuple[str, dict[str, str]]]:
    if any(box.available for box in picture.boxes):
        yield "highly available", {**_SHAPES["datastore"], **_AVAILABLE}
    if any(box.optional for box in picture.boxes):
        yield "optional", {**_SHAPES["service"], "style": "filled,rounded,dashed"}


def _attributes(items: Mapping[str, str]) -> str:
    return " ".join(f"{key}={_quoted(value)}" for key, value in items.items())


def _quoted(text: str) -> str:
    """Text as DOT reads it back: no escape of its own (\\N, \\G, \\l), no entity and no HTML can arise from it."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in shown(text)) + '"'
