"""An SVG of Graphviz made fit for a page: no DTD, nothing fetched, elements that scripts and screen readers can name.

Of every box, arrow and frame one ``<g>`` is left, with the id that ``picture`` gives it, the classes of ``dot``, and a
``<title>``, which browsers show as a tooltip and screen readers read.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as XML

from novaplan.diagrams.picture import shown

_SVG: Final = "http://www.w3.org/2000/svg"
_LINK: Final = "{http://www.w3.org/1999/xlink}title"
_NUMBER: Final = re.compile(r"-?\d*\.\d+")
_OURS: Final = re.compile(r"(node|edge|group)-")
_WORDLESS: Final = {"stroke": "transparent", "class": "node", "text-anchor": "start"}
_SPACED: Final = ("d", "points", "x", "y", "cx", "cy", "rx", "ry", "font-size", "stroke-width")
_STYLE: Final = ".edge:hover path{stroke-width:4}"
"""What is under the pointer stands out, without a script."""


def finished(data: bytes, title: str) -> bytes:
    """The SVG that Graphviz wrote, smaller and told in words; ``title`` is what the whole of it shows."""
    title = shown(title)
    root = XML.fromstring(data)
    XML.register_namespace("", _SVG)
    graph = root.find(f"{{{_SVG}}}g")
    if graph is None:
        return data
    _slim(root)
    graph.attrib.pop("id", None)
    for item in graph.findall(f"{{{_SVG}}}g"):
        _named(item)
    root.set("role", "graphics-document")
    root.set("aria-label", title)
    graph_title = graph.find(f"{{{_SVG}}}title")
    if graph_title is not None:
        graph_title.text = title
    style = XML.Element(f"{{{_SVG}}}style")
    style.text = _STYLE
    root.insert(0, style)
    body: str = XML.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def _named(item: XML.Element) -> None:
    """Leave one ``<g>`` with our id and a title in words, of the three that Graphviz nests."""
    title = item.find(f"{{{_SVG}}}title")
    if not _OURS.match(item.get("id", "")):
        item.attrib.pop("id", None)
        if title is not None:
            item.remove(title)
        item.set("aria-hidden", "true")
        return
    item.set("role", "graphics-symbol")
    for inner in item.findall(f"{{{_SVG}}}g"):
        for link in inner:
            if title is not None:
                title.text = link.get(_LINK, title.text)
            item.extend(link)
        item.remove(inner)


def _slim(root: XML.Element) -> None:
    """Drop what every element repeats, and decimals nobody sees."""
    for item in root.iter():
        item.tail = "\n" if item.tag == f"{{{_SVG}}}g" else None
        if item.tag != f"{{{_SVG}}}text" and item.tag != f"{{{_SVG}}}title":
            item.text = None
        font = item.attrib.pop("font-family", None)
        if font is not None:
            root.set("font-family", font)
        for name in _SPACED:
            if name in item.attrib:
                item.set(name, _NUMBER.sub(_rounded, item.attrib[name]))
        for name, value in _WORDLESS.items():
            if item.get(name) == value:
                del item.attrib[name]


def _rounded(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
