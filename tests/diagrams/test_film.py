"""Many states in one picture: nothing jumps about, and each frame says what is there and what is different."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree

import pytest

from novaplan.diagrams.dot import dot
from novaplan.diagrams.drawing import draw as drawn
from novaplan.diagrams.film import Film, film
from novaplan.diagrams.system import View, draw
from novaplan.errors import UnknownNameError
from novaplan.migration.planning import plan
from novaplan.topology import storage
from novaplan.topology.base import replace
from novaplan.topology.system import Topology

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not here")


@pytest.fixture(scope="module")
def states() -> list[Topology]:
    made = plan(storage.load("current"), storage.load("target"))
    return [made.state(number) for number in range(len(made) + 1)]


@pytest.fixture(scope="module")
def nova(states: list[Topology]) -> Film:
    return film(states, title="Nova")


def test_each_frame_shows_what_the_picture_of_its_state_alone_does(nova: Film, states: list[Topology]):
    assert len(nova.frames) == len(states)
    for state, frame in zip(states, nova.frames, strict=True):
        alone = draw(state)
        items = {item.element for kind in (alone.boxes, alone.arrows) for item in kind}
        assert {own for own in frame.visible if not own.startswith("group-")} == items
        assert frame.labels == {box.element: box.label for box in alone.boxes}


def test_what_is_new_and_gone_leads_from_frame_to_frame(nova: Film):
    visible = set(nova.frames[0].visible)
    assert (nova.frames[0].new, nova.frames[0].changed, nova.frames[0].gone) == ((), (), ())
    for frame in nova.frames[1:]:
        assert not visible & set(frame.new)
        assert set(frame.gone) <= visible
        assert set(frame.changed) <= visible & set(frame.visible)
        visible = (visible | set(frame.new)) - set(frame.gone)
        assert visible == set(frame.visible)
    assert "node-c_api_2d_service" in visible
    assert any("node-c_user_2d_service" in frame.gone for frame in nova.frames)
    assert any("node-c_postgres" in frame.changed for frame in nova.frames)


def test_a_change_that_shows_nowhere_is_one_all_the_same(states: list[Topology]):
    first = states[0]
    service = replace(first.services[0], description="other")
    other = replace(first, services=(service, *first.services[1:]))
    name = service.name.replace("-", "_2d_")
    assert film([first, other]).frames[1].changed == (f"node-c_{name}",)


def test_every_box_has_room_for_the_lines_of_every_state(nova: Film):
    room = {box.element: box.label for box in nova.picture.boxes}
    for frame in nova.frames:
        for own, lines in frame.labels.items():
            assert len(lines) <= len(room[own])
            assert all(len(line) <= len(place) for line, place in zip(lines, room[own], strict=False))


def test_a_focus_that_goes_shows_until_it_is_gone(states: list[Topology]):
    found = film([states[0], states[-1]], View(focus="user-service"))
    assert "node-c_user_2d_service" in found.frames[0].visible
    assert "node-c_user_2d_service" in found.frames[1].gone
    with pytest.raises(UnknownNameError, match="user-servic"):
        film([states[0], states[-1]], View(focus="user-servic"))


@needs_dot
def test_the_svg_has_an_element_for_everything_with_a_title_and_fetches_nothing(nova: Film):
    data = drawn(dot(nova.picture), "svg", title=nova.picture.title)
    assert len(data) < 150_000
    root = ElementTree.fromstring(data)
    assert root.get("aria-label") == "Nova"
    found = {item.get("id"): item for item in root.iter() if item.get("id")}
    order = (nova.picture.groups, nova.picture.boxes, nova.picture.arrows)
    wanted = {item.element for items in order for item in items}
    assert found.keys() == wanted
    for own, item in found.items():
        title = item.find("{http://www.w3.org/2000/svg}title")
        assert title is not None, own
        assert title.text, own
    for box in nova.picture.boxes:
        texts = found[box.element].findall("{http://www.w3.org/2000/svg}text")
        assert tuple(text.text for text in texts) == box.label
    assert not any(word in data for word in (b"<!DOCTYPE", b"href", b"url(", b"<script"))
