"""A picture in DOT, the language of Graphviz.

Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart; nothing is said by colour
alone: every mode has a line of its own and every state a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Final

from novaplan.diagrams.columns import behind, columns, tangled
from novaplan.diagrams.picture import SAID, Arrow, Box, Group, Line, Picture, Shape, State, shown
from novaplan.documents.files import generated_header

_WIDEST_TITLE: Final = 100
_FONT: Final = "Helvetica,Arial,sans-serif"
_BLUE, _ORANGE, _GREEN, _PURPLE, _GREY, _INK = "#0072B2", "#D55E00", "#007A5A", "#AA4486", "#6B7280", "#1F2937"

_SHAPES: Final[Mapping[Shape, dict[str, str]]] = {
    "service": {"shape": "box", "style": "filled,rounded", "fillcolor": "#E8F1FA", "color": _BLUE},
    "datastore": {
        "shape": "cylinder",
        "style": "filled",
        "fillcolor": "#FBF3E4",
        "color": "#8A5A00",
        "margin": "0.16,0.14",
    },
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
    "consumes": "consumes from",
    "lineage": "became",
}

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "&": "&amp;"}


def dot(picture: Picture) -> str:
    """The picture in DOT."""
    return "".join(f"{line}\n" for line in _lines(picture))


def _lines(picture: Picture) -> Iterator[str]:
    lineage = "lineage" in picture.lines
    tangle = not lineage and tangled(picture)
    arranged = [] if lineage else columns(picture) if tangle else behind(picture)
    fixed = {own for column in arranged for own in column}
    yield f"// {generated_header('diagram')}"
    yield f"digraph {_quoted(picture.title)} {{"
    yield f"  graph [{_attributes(_graph(picture, tangle=tangle, lineage=lineage))}]"
    yield f"  node [{_attributes({'fontname': _FONT, 'fontsize': '11', 'fontcolor': _INK, 'margin': '0.16,0.08'})}]"
    yield f"  edge [{_attributes({'fontname': _FONT, 'fontsize': '9', 'fontcolor': _INK, 'arrowsize': '0.7'})}]"
    members = {group.id: [box for box in picture.boxes if box.group == group.id] for group in picture.groups}
    for group in picture.groups:
        if not group.inside:
            yield from _group(group, picture, members, "  ")
    for box in picture.boxes:
        if not box.group:
            yield "  " + _box(box, picture.words(box))
    for arrow in picture.arrows:
        placed = {"constraint": "false"} if {arrow.tail, arrow.head} <= fixed else {}
        yield f"  {arrow.tail} -> {arrow.head} [{_attributes({**_arrow(arrow, picture.words(arrow)), **placed})}]"
    yield from _columns(arranged)
    yield from _legend(picture)
    yield "}"


def _columns(arranged: list[list[str]]) -> Iterator[str]:
    """What stands in one column, and that one column stands before the next."""
    for number, column in enumerate(arranged, start=1):
        rank = "max" if number == len(arranged) else "same"
        yield f'  {{ rank="{rank}" {" ".join(column)} }}'
    for column, following in pairwise(arranged):
        yield f'  {column[0]} -> {following[0]} [style="invis" weight="0"]'


def _graph(picture: Picture, *, tangle: bool, lineage: bool) -> dict[str, str]:
    label = "\n".join(line for text in (picture.title, *picture.notes) for line in wrap(text, _WIDEST_TITLE))
    return {
        "label": label,
        "labelloc": "t",
        "fontname": _FONT,
        "fontsize": "16",
        "fontcolor": _INK,
        "rankdir": "LR",
        "ranksep": "2" if lineage else "1.2" if tangle else "0.9",
        **({} if lineage else {"newrank": "true"}),
        "nodesep": "0.25",
        "pad": "0.3",
        "compound": "true",
        "bgcolor": "#FFFFFF",
        "outputorder": "edgesfirst",
    }


def _group(group: Group, picture: Picture, members: Mapping[str, list[Box]], indent: str) -> Iterator[str]:
    yield f"{indent}subgraph {_quoted('cluster_' + group.id)} {{"
    marks = {"id": group.element, "class": "group", "tooltip": group.label}
    look = {"style": "rounded", "color": "#9CA3AF", "bgcolor": "#FAFAFA", "fontcolor": _GREY, "fontsize": "12"}
    placed = {"label": group.label, "labeljust": "l", "margin": "14"}
    yield f"{indent}  graph [{_attributes({**placed, **marks, **look})}]"
    for inner in picture.groups:
        if inner.inside == group.id:
            yield from _group(inner, picture, members, indent + "  ")
    for box in members[group.id]:
        yield f"{indent}  {_box(box, picture.words(box))}"
    yield f"{indent}}}"


def _box(box: Box, words: Sequence[str]) -> str:
    style = dict(_SHAPES[box.shape]) | _STATES[box.state]
    if box.optional or box.state == "gone":
        style["style"] += ",dashed"
    if box.available:
        style |= _AVAILABLE
    label = "\n".join(words)
    marks = {"id": box.element, "class": _classes(box), "tooltip": box.tooltip or "\n".join(box.label)}
    return f"{box.id} [{_attributes({'label': label, **marks, **style})}]"


def _classes(item: Box | Arrow) -> str:
    """What a script or a style sheet tells elements of an SVG by."""
    kind = item.shape if isinstance(item, Box) else item.line
    return " ".join([kind, *(["optional"] if item.optional else []), *([] if item.state == "plain" else [item.state])])


def _arrow(arrow: Arrow, words: Sequence[str]) -> dict[str, str]:
    style = dict(_LINES[arrow.line]) | {key: value for key, value in _STATES[arrow.state].items() if key == "color"}
    if arrow.optional:
        style["arrowhead"] = {"normal": "empty"}.get(style["arrowhead"], style["arrowhead"])
    if arrow.state in SAID and arrow.line != "lineage":
        style |= {"penwidth": "2.6", **({"style": "dashed"} if arrow.state == "gone" else {})}
    label = "\n".join(words)
    marks = {"id": arrow.element, "class": _classes(arrow), "tooltip": arrow.tooltip}
    return {**({"label": label} if label else {}), **marks, **style}


def _legend(picture: Picture) -> Iterator[str]:
    """A key of the lines and signs that occur, each drawn as it is in the picture."""
    yield '  subgraph "cluster_legend" {'
    yield f"    graph [{_attributes({'label': 'Legend', 'style': 'rounded', 'color': '#D1D5DB', 'fontsize': '11'})}]"
    yield f"    node [{_attributes({'fontsize': '9', 'margin': '0.08,0.03', 'height': '0.2'})}]"
    for number, line in enumerate(picture.lines):
        start, end = f"legend_{number}_a", f"legend_{number}_b"
        yield f'    {start} [label="" shape="plaintext" width="0.1"]'
        yield f'    {end} [label={_quoted(MEANING[line])[:-1]}\\l" shape="plaintext" width="1.5"]'
        yield f"    {start} -> {end} [{_attributes({**_LINES[line], 'weight': '100'})}]"
    for number, (text, style) in enumerate(_signs(picture)):
        yield f"    sign_{number} [{_attributes({'label': text, **style})}]"
        if number % 2:
            yield f'    sign_{number - 1} -> sign_{number} [style="invis" weight="100"]'
    yield "  }"


def _signs(picture: Picture) -> Iterator[tuple[str, dict[str, str]]]:
    if any(box.available for box in picture.boxes):
        yield "highly available", {**_SHAPES["datastore"], **_AVAILABLE}
    if any(box.optional for box in picture.boxes):
        yield "optional", {**_SHAPES["service"], "style": "filled,rounded,dashed"}
    for state in picture.states:
        if state in SAID:
            yield (
                state,
                {**_SHAPES["service"], **_STATES[state], **({"style": "filled,dashed"} if state == "gone" else {})},
            )


def _attributes(items: Mapping[str, str]) -> str:
    # Graphviz looks for escapes in a tooltip twice.
    twice = {key: value.replace("\\", "\\\\") for key, value in items.items() if key == "tooltip"}
    return " ".join(f"{key}={_quoted(value)}" for key, value in {**items, **twice}.items())


def _quoted(text: str) -> str:
    """Text as DOT reads it back: no escape of its own (\\N, \\G, \\l), no entity and no HTML can arise from it."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in shown(text)) + '"'
