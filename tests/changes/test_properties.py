"""What holds for every pair of systems, whatever the lineage says."""

from __future__ import annotations

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from novaplan.changes.compare import diff
from novaplan.changes.rendering import sections
from novaplan.topology.base import replace
from novaplan.topology.lineage import Heir, Lineage
from novaplan.topology.parts import SYSTEM, kind_of, split
from novaplan.topology.system import Topology
from tests.changes.contract import SCHEMA
from tests.strategies import topologies

CONTRACT = Draft202012Validator(SCHEMA)

pairs = st.tuples(topologies(max_services=2), topologies(max_services=2))


@st.composite
def told_pairs(draw: st.DrawFn) -> tuple[Topology, Topology]:
    """A pair whose target has a lineage that may lead anywhere: merges, splits, cycles of addresses."""
    current, target = draw(pairs)
    by_kind: dict[str, list[str]] = {}
    for own in split(target):
        by_kind.setdefault(kind_of(own), []).append(own)
    heirs = []
    for own in split(current):
        choices = [*by_kind.get(kind_of(own), ()), "service:nowhere"]
        into = draw(st.none() | st.lists(st.sampled_from(choices), max_size=2))
        if own != SYSTEM and into is not None:
            fate = draw(st.sampled_from(("kept", "absorbed", "moved", "internal", "retired")))
            heirs.append(Heir(part=own, fate=fate, into=tuple(into), reason=draw(st.sampled_from(("", "why")))))
    digest = draw(st.sampled_from((current.digest, "sha256:stale")))
    return current, replace(target, lineage=Lineage(source=current.name, digest=digest, parts=tuple(heirs)))


@given(topologies())
def test_nothing_differs_from_itself(topology: Topology) -> None:
    found = diff(topology, topology)
    assert not found
    assert found.apply(topology) == topology


@given(pairs)
def test_applied_to_current_it_gives_target(pair: tuple[Topology, Topology]) -> None:
    current, target = pair
    assert diff(current, target).apply(current) == target


@settings(max_examples=40)
@given(told_pairs())
def test_so_it_does_whatever_the_lineage_says(pair: tuple[Topology, Topology]) -> None:
    current, target = pair
    assert diff(current, target).apply(current) == target


@settings(max_examples=40)
@given(told_pairs())
def test_every_part_of_current_is_accounted_for_once(pair: tuple[Topology, Topology]) -> None:
    current, target = pair
    found = diff(current, target)
    assert set(found.whereabouts) == set(split(current))
    gone = [change.address for change in found if change.after is None]
    arrived = [change.address for change in found if change.after is not None]
    assert len(set(gone)) == len(gone)
    assert len(set(arrived)) == len(arrived)
    left = {own for own, there in found.whereabouts.items() if there.fate in ("retired", "internal")}
    assert set(gone) == left


@settings(max_examples=40)
@given(told_pairs())
def test_every_form_can_be_shown(pair: tuple[Topology, Topology]) -> None:
    found = diff(*pair)
    for width in (30, 80):
        text = found.text(width)
        assert all(len(line) <= width for line in text.splitlines())
        assert all(char == "\n" or char.isprintable() for char in text)
    assert found.markdown()
    assert "<script" not in found._repr_html_()
    assert len(found.table().rows) == len(found)


@settings(max_examples=40)
@given(told_pairs())
def test_json_keeps_its_contract(pair: tuple[Topology, Topology]) -> None:
    body = diff(*pair).to_dict()
    CONTRACT.validate(body)
    assert json.loads(json.dumps(body)) == body


@settings(max_examples=40)
@given(told_pairs(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(pair: tuple[Topology, Topology], rng: random.Random) -> None:
    current, target = pair
    mixed = [Topology.model_validate(_shuffled(side.to_dict(), rng)) for side in (current, target)]
    assert diff(*mixed).to_dict() == diff(current, target).to_dict()
    assert diff(*mixed).text() == diff(current, target).text()


_ORDERED = frozenset({"command"})


def _shuffled(value: object, rng: random.Random) -> object:
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: item if key in _ORDERED else _shuffled(item, rng) for key, item in items}
    if isinstance(value, list) and all(isinstance(item, dict) and "name" in item for item in value):
        items = [_shuffled(item, rng) for item in value]
        rng.shuffle(items)
        return items
    return value


@settings(max_examples=40)
@given(told_pairs())
def test_what_changed_is_told(pair: tuple[Topology, Topology]) -> None:
    found = diff(*pair)
    told = [section for section in sections(found) if section.title != "Unchanged"]
    assert bool(told) == bool(found)
    # Only something that has another name now may have nothing more to tell.
    assert all("<-" in section.title for section in told if section.rows == (("", "nothing else changes"),))
