"""What novaplan writes for Mermaid is read by Mermaid itself, whatever stands in it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from novaplan.diagrams.mermaid import MOST_ARROWS, mermaid
from novaplan.diagrams.picture import LINES, Arrow, Box, Group, Picture, shown
from novaplan.diagrams.system import draw, identifier
from tests import generate, npm_packages

HERE = Path(__file__).parent
GOLDEN = Path(__file__).parent.parent / "golden"
HOSTILE = [
    "<script>alert(1)</script>",
    '"]; --',
    "end",
    "graph TD; a-->b",
    "two\nlines",
    "%% comment %%",
    "🚀 launch, 中文, emoji 👩‍💻",
    "مرحبا \u202edlrow",
    "x" * 200,
    "`markdown` **bold** _x_",
    "&lt;b&gt; #35; #quot;",
    "$$x^2$$ \\N \\G {a} |b| (c) [d] >e]",
    "::: classDef click href javascript:alert(1)",
    "%%{init: {'theme': 'dark'}}%%",
    "---\ntitle: x\n---",
]


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where npm installed the parser."""
    return npm_packages.folder()


def parsed(texts: list[str], folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["node", HERE / "parse.mjs", folder], input=json.dumps(texts).encode(), capture_output=True, check=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_mermaid_reads_what_is_committed(folder: Path):
    files = sorted(GOLDEN.rglob("*.mmd"))
    assert files
    found = parsed([file.read_text(encoding="utf-8") for file in files], folder)
    for file, said in zip(files, found, strict=True):
        assert "error" not in said, (file, said)
        assert said["type"] == ("flowchart-v2" if file.parent.name == "diagrams" else "gantt")


def test_mermaid_finds_every_box_and_arrow_and_text_stays_text(folder: Path):
    pictures = [hostile(text) for text in HOSTILE] + [draw(generate.system(60, 260))]
    found = parsed([mermaid(picture) for picture in pictures], folder)
    for picture, said in zip(pictures, found, strict=True):
        assert "error" not in said, (picture.title, said)
        assert said["arrows"] == len(picture.arrows)
        lines = {box.id: "<br>".join(shown(line).replace("\n", " ") for line in box.label) for box in picture.boxes}
        assert said["boxes"] == lines


def test_mermaid_refuses_what_the_command_warns_of(folder: Path):
    boxes = (Box("a", "a", ("a",), "service"), Box("b", "b", ("b",), "service"))
    arrows = (Arrow("a", "b", "calls"),) * MOST_ARROWS
    fits, more = parsed([mermaid(Picture("x", boxes, found)) for found in (arrows, (*arrows, arrows[0]))], folder)
    assert fits["arrows"] == MOST_ARROWS
    assert "error" in more


def test_the_parser_finds_what_is_no_diagram(folder: Path):
    assert "error" in parsed(['flowchart LR\n  a["x'], folder)[0]


def hostile(text: str) -> Picture:
    """A picture that says ``text`` wherever it says anything."""
    shapes = ("service", "datastore", "external", "outside", "cluster")
    group = Group(identifier("group", text), text)
    boxes = [Box(identifier(shape, text), text, (text, text), shape, group.id) for shape in shapes]  # type: ignore[arg-type]
    arrows = [Arrow(boxes[0].id, boxes[1].id, line, (text,)) for line in LINES]
    return Picture(text, tuple(boxes), tuple(arrows), (group,))
