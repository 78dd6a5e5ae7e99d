"""A person can read the picture of a system on a screen, at nine services and at sixty."""

from __future__ import annotations

import re
import shutil
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.consolidation import Policy, consolidate
from novaplan.diagrams.columns import LONGEST_CHAIN, columns, tangled
from novaplan.diagrams.comparison import compare
from novaplan.diagrams.dot import dot
from novaplan.diagrams.drawing import draw as drawn
from novaplan.diagrams.folding import MOST_ARROWS, fold, hubs
from novaplan.diagrams.picture import Arrow, Box, Picture
from novaplan.diagrams.system import View, draw
from novaplan.topology import storage
from novaplan.topology.system import Topology
from tests import generate, strategies

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not here")
SCREEN = (1920, 1080)
SMALLEST = 9  # pixels, of the font of boxes (11 points) when the picture is fitted to the width of the screen
STEEPEST = 2  # of the longer to the shorter side, for what does not fit a screen as a whole
SECONDS = 3


def systems() -> list[Topology]:
    named = [storage.load(name) for name in ("current", "target", "shop", "shop-target")]
    return [*named, *(generate.system(60, 260, seed) for seed in (1, 2, 3)), generate.system(60, 120, 4)]


@needs_dot
@pytest.mark.parametrize("topology", systems(), ids=lambda topology: topology.name)
def test_the_picture_fits_a_screen(topology: Topology):
    start = time.perf_counter()
    svg = drawn(dot(draw(topology)), "svg").decode()
    assert time.perf_counter() - start < SECONDS
    found = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg)
    assert found is not None
    width, height = float(found[1]), float(found[2])
    assert 11 * SCREEN[0] / width >= SMALLEST
    fits = width <= SCREEN[0] and height <= SCREEN[1]
    assert fits or max(width / height, height / width) <= STEEPEST, (width, height)


def test_what_sixty_services_share_is_told_in_their_boxes():
    topology = generate.system(60, 260)
    picture, whole = draw(topology), draw(topology, View(fold=0))
    assert len(whole.arrows) > MOST_ARROWS
    assert {box.id for box in picture.boxes} == {box.id for box in whole.boxes}
    gone = {arrow.element for arrow in whole.arrows} - {arrow.element for arrow in picture.arrows}
    assert gone == picture.folded.keys()
    boxes = {box.name: box for box in picture.boxes}
    edge = next(edge for edge in topology.dependencies if edge.server == "kafka-0")
    assert any("kafka-0" in line and edge.mode in line for line in boxes[edge.client].label)
    users = {edge.client for edge in topology.dependencies if edge.server == "postgres-0"}
    assert f"used by {len(users)}" in boxes["postgres-0"].label


@settings(max_examples=25)
@given(strategies.topologies(), st.integers(1, 3))
def test_every_arrow_is_drawn_or_told(topology: Topology, least: int):
    whole = draw(topology, View(fold=0))
    picture = fold(whole, hubs(whole, least))
    assert {arrow.element for arrow in picture.arrows} | picture.folded.keys() == {a.element for a in whole.arrows}
    names = {box.id: box.name for box in picture.boxes}
    said = {box.element: re.sub(r"\s", "", "".join(box.label)) for box in picture.boxes}
    for arrow in whole.arrows:
        if arrow.element in picture.folded:
            own = picture.folded[arrow.element]
            other = arrow.tail if own == f"node-{arrow.head}" else arrow.head
            assert re.sub(r"\s", "", names[other]) in said[own]


def chain(length: int, *, closed: bool) -> Picture:
    boxes = tuple(Box(f"c_{number}", f"{number}", (f"{number}",), "service") for number in range(length))
    arrows = [Arrow(one.id, other.id, "calls") for one, other in pairwise(boxes)]
    arrows += [Arrow(boxes[-1].id, boxes[0].id, "calls")] if closed else []
    return Picture("chain", boxes, tuple(arrows))


@pytest.mark.parametrize("closed", [False, True])
def test_long_chains_and_circles_get_columns(closed: bool):
    assert not tangled(chain(LONGEST_CHAIN, closed=closed))
    assert tangled(chain(LONGEST_CHAIN + 1, closed=closed))


@settings(max_examples=25)
@given(strategies.topologies())
def test_every_box_stands_in_one_column(topology: Topology):
    picture = draw(topology)
    placed = [own for column in columns(picture) for own in column]
    assert sorted(placed) == sorted(box.id for box in picture.boxes)


def test_columns_follow_a_request_from_the_entrance():
    boxes = [Box(f"c_{name}", name, (name,), "service") for name in "abcd"]
    boxes += [Box("host_x", "x", ("x",), "outside"), Box("c_s", "s", ("s",), "datastore")]
    pairs = [("host_x", "c_a"), ("c_a", "c_b"), ("c_b", "c_c"), ("c_c", "c_a"), ("c_a", "c_d"), ("c_b", "c_s")]
    arrows = tuple(Arrow(tail, head, "route" if tail == "host_x" else "calls") for tail, head in pairs)
    found = columns(Picture("x", tuple(boxes), arrows))
    assert found == [["host_x"], ["c_a"], ["c_b", "c_d"], ["c_c"], ["c_s"]]


def test_many_that_become_one_stand_in_one_box():
    topology = generate.system(60, 60)
    ports = [{"name": "http", "port": 8080}, {"name": "metrics", "port": 9090, "protocol": "metrics"}]
    any_of = {"image": "one", "language": "any", "framework": "any", "namespace": "area-0000", "team": "any"}
    groups = [
        {"name": f"group-{number}", "members": members, "internal": "in-process", "settings": any_of | {"ports": ports}}
        for number, members in enumerate(generate.groups(topology, 6))
    ]
    policy = Policy.model_validate({"name": "big", "rules": {"timeouts": "max"}, "groups": groups})
    picture = compare(topology, consolidate(topology, policy))
    before = [box for box in picture.boxes if box.id.startswith("before")]
    assert [box.name for box in before] == ["10 services"] * 6
    told = {name for box in before for line in box.label for name in line.strip(",").split(", ")}
    assert told == {service.name for service in topology.services}
    assert sum(arrow.line == "lineage" for arrow in picture.arrows) == 6
