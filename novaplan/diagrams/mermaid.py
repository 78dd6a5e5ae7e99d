"""A picture in Mermaid, which GitHub and GitLab draw inside Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from novaplan.diagrams.picture import Arrow, Box, Group, Line, Picture, Shape, shown
from novaplan.documents.files import generated_header

MOST_ARROWS: Final = 500
MOST_CHARACTERS: Final = 50_000
"""What Mermaid, as it is set up by default and on GitHub, draws at most (``maxEdges`` and ``maxTextSize``)."""
_SHAPES: Final[Mapping[Shape, tuple[str, str]]] = {
    "service": ("(", ")"),
    "datastore": ("[(", ")]"),
    "external": ("[", "]"),
    "outside": (">", "]"),
    "cluster": ("[[", "]]"),
}
_ARROWS: Final[Mapping[Line, str]] = {
    "route": "==>",
    "calls": "-->",
    "reads": "-.->",
    "writes": "-->",
    "publishes": "-.->",
    "consumes": "-.->",
    "lineage": "==>",
}
_CLASSES: Final[Mapping[str, str]] = {
    "service": "fill:#E8F1FA,stroke:#0072B2,color:#1F2937",
    "datastore": "fill:#FBF3E4,stroke:#8A5A00,color:#1F2937",
    "external": "fill:#F3F4F6,stroke:#6B7280,color:#1F2937",
    "outside": "fill:#FFFFFF,stroke:#1F2937,color:#1F2937",
    "cluster": "fill:#EEF2F7,stroke:#1F2937,color:#1F2937",
    "optional": "stroke-dasharray:5 4",
    "available": "stroke-width:4px",
    "new": "stroke:#007A5A,stroke-width:3px",
    "gone": "stroke:#D55E00,stroke-dasharray:5 4,color:#6B7280",
    "merged": "stroke:#0072B2,stroke-width:3px",
    "moved": "stroke:#AA4486,stroke-width:3px",
    "changed": "stroke:#D55E00,stroke-width:3px",
}


def mermaid(picture: Picture) -> str:
    """The picture as a flowchart. Modes stand as words on the arrows, since Mermaid has fewer lines than there are."""
    return "".join(f"{line}\n" for line in _lines(picture))


def _lines(picture: Picture) -> Iterator[str]:
    yield "---"
    yield f"title: {_yaml(', '.join((picture.title, *picture.notes)))}"
    yield "---"
    yield f"%% {generated_header('diagram')}"
    yield "flowchart LR"
    for group in picture.groups:
        if not group.inside:
            yield from _group(group, picture, "  ")
    for box in picture.boxes:
        if not box.group:
            yield "  " + _box(box, picture)
    for arrow in picture.arrows:
        yield "  " + _arrow(arrow, picture.words(arrow))
    used = {name for box in picture.boxes for name in _classes(box)}
    for name, style in _CLASSES.items():
        if name in used:
            yield f"  classDef {name} {style}"


def _yaml(text: str) -> str:
    """Text as a string in YAML, which JSON is too."""
    return json.dumps(shown(text).replace("\n", " "), ensure_ascii=False)


def _group(group: Group, picture: Picture, indent: str) -> Iterator[str]:
    yield f"{indent}subgraph {group.id}[{_quoted((group.label,))}]"
    for inner in picture.groups:
        if inner.inside == group.id:
            yield from _group(inner, picture, indent + "  ")
    for box in picture.boxes:
        if box.group == group.id:
            yield f"{indent}  {_box(box, picture)}"
    yield f"{indent}end"


def _box(box: Box, picture: Picture) -> str:
    left, right = _SHAPES[box.shape]
    return f"{box.id}{left}{_quoted(picture.words(box))}{right}:::{_classes(box)[0]}" + "".join(
        f"\n  class {box.id} {name}" for name in _classes(box)[1:]
    )


def _classes(box: Box) -> list[str]:
    found: list[str] = [box.shape]
    found += ["optional"] if box.optional else []
    found += ["available"] if box.available else []
    return found + ([box.state] if box.state in _CLASSES else [])


def _arrow(arrow: Arrow, said: tuple[str, ...]) -> str:
    tail, head = (arrow.head, arrow.tail) if arrow.line == "consumes" else (arrow.tail, arrow.head)
    words = said if arrow.line == "route" else (arrow.line, *said)
    text = f"|{_quoted(words)}|" if words and arrow.line != "lineage" else ""
    return f"{tail} {_ARROWS[arrow.line]}{text} {head}"


def _quoted(lines: tuple[str, ...]) -> str:
    """Text in quotes, every character that Mermaid or HTML might take for its own written by its number."""
    return '"' + "<br/>".join("".join(map(_character, shown(line))) for line in lines) + '"'


def _character(char: str) -> str:
    if char.isalnum() or char in " .,:/()+–-":
        return char
    return " " if char == "\n" else f"#{ord(char)};"
