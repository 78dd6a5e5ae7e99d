"""Pictures inside the page: drawn as SVG by ``novaplan.diagrams``, and made part of an HTML document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup

from novaplan.changes.model import Diff
from novaplan.diagrams.comparison import compare
from novaplan.diagrams.dot import dot
from novaplan.diagrams.drawing import draw
from novaplan.diagrams.picture import Arrow, Box, Group, Picture
from novaplan.diagrams.system import identifier
from novaplan.errors import MissingExtraError, OutputError, one_line
from novaplan.topology.system import Topology
from novaplan.topology.tables import plural

MOST_BOXES: Final = 160
"""Beyond so many components nobody finds anything in a picture: whole namespaces are drawn instead."""


class Drawn(NamedTuple):
    """A picture, or why there is none."""

    svg: Markup | None
    missing: str = ""
    notes: tuple[str, ...] = ()


def comparison(diff: Diff) -> Drawn:
    """Before and after with the lineage between."""
    if max(map(size, (diff.current, diff.target))) > MOST_BOXES:
        note = f"more than {MOST_BOXES} components: each box stands for all of a namespace"
        return drawn(_collapsed(diff), note)
    return drawn(compare(diff.current, diff.target))


def size(topology: Topology) -> int:
    """How many boxes the whole of it would take."""
    return len(topology.services) + len(topology.datastores) + len(topology.externals)


def drawn(picture: Picture, *notes: str) -> Drawn:
    """The picture as a part of the page."""
    if not picture.boxes:
        return Drawn(None, "nothing differs that a picture could show")
    notes = (*notes, *picture.notes)
    try:
        svg = draw(dot(replace(picture, title="", notes=())), "svg")
    except (MissingExtraError, OutputError) as error:
        return Drawn(None, str(error), notes)
    return Drawn(inlined(svg, picture.title), notes=notes)


def inlined(svg: bytes, label: str) -> Markup:
    """An SVG as HTML holds it: no style of its own, no tooltips of the browser's, every box to be reached by keyboard.

    Titles become ``data-tip``, which the page shows for the mouse, for a finger and for the focus alike.
    """
    root = ElementTree.fromstring(svg)
    for parent in root.iter():
        parent.tag = parent.tag.rpartition("}")[2]
        for child in list(parent):
            if child.tag.rpartition("}")[2] in {"title", "style"}:
                parent.remove(child)
                if child.text and parent is not root and child.tag.endswith("title"):
                    parent.set("data-tip", child.text)
        _made_reachable(parent)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "group", "aria-label": label}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _made_reachable(element: ElementTree.Element) -> None:
    classes = element.get("class", "").split()
    element.attrib.pop("role", None)
    if "node" in classes and element.get("id"):
        label = ", ".join(text.text or "" for text in element.iter() if text.tag.endswith("text"))
        element.attrib |= {"role": "img", "aria-label": one_line(label), "tabindex": "-1"}
    elif "edge" in classes or "cluster" in classes:
        element.set("aria-hidden", "true")


def _collapsed(diff: Diff) -> Picture:
    """A box for each namespace on each side, and how many components went from where to where."""
    homes = {"before": _homes(diff.current), "after": _homes(diff.target)}
    boxes = [
        Box(identifier(side, home), home, (home, *_counts(homes[side], home)), "cluster", side)
        for side in homes
        for home in dict.fromkeys(homes[side].values())
    ]
    moves: Counter[tuple[str, str]] = Counter()
    for kind in ("service", "datastore"):
        for name, where in diff.fates(kind).items():
            for heir in where.into:
                moves[homes["before"][f"{kind}:{name}"], homes["after"][f"{kind}:{heir}"]] += 1
    arrows = []
    for (tail, head), count in sorted(moves.items()):
        label = (f"{count} {plural('component', count)}",)
        arrows.append(Arrow(identifier("before", tail), identifier("after", head), "lineage", label))
    groups = Group("before", f"Before: {diff.current.name}"), Group("after", f"After: {diff.target.name}")
    return Picture(f"{diff.current.name} to {diff.target.name}", tuple(boxes), tuple(arrows), groups)


def _homes(topology: Topology) -> dict[str, str]:
    """The namespace that each component is in; what is run by others stands together."""
    found = {f"service:{item.name}": item.namespace or "no namespace" for item in topology.services}
    found |= {f"datastore:{item.name}": item.namespace or "no namespace" for item in topology.datastores}
    return found | {f"external:{item.name}": "outside" for item in topology.externals}


def _counts(homes: dict[str, str], home: str) -> Iterator[str]:
    kinds = Counter(address.partition(":")[0] for address, place in homes.items() if place == home)
    yield from (f"{count} {plural(kind, count)}" for kind, count in kinds.items())
