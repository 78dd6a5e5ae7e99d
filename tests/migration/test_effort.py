"""The file of efforts: it knows every kind, and its figures are those the plans are made of."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest

from novaplan.errors import InputError
from novaplan.migration.effort import Efforts, groups
from novaplan.migration.effort_model import load_effort, loads_effort
from novaplan.migration.planning import plan
from novaplan.migration.step import Effort
from novaplan.migration.steps import all_kinds
from novaplan.migration.tables import improvements_table
from novaplan.topology.storage import load
from tests.golden_files import ROOT
from tests.migration.planned import planned

KINDS = {kind.name for kind in all_kinds()}

STATED = ("merge", "availability", "startup")
"""Improvements whose effort Nova's report states, in the order of what it states."""


def test_every_kind_has_one_entry_and_every_entry_is_of_a_kind():
    counted = Counter(entry.kind for entry in load_effort().kinds)
    assert set(counted) == KINDS
    assert set(counted.values()) == {1}


def test_a_kind_is_in_one_theme_at_most():
    counted = Counter(kind for theme in load_effort().themes for kind in theme.kinds)
    assert set(counted) <= KINDS
    assert set(counted.values()) == {1}


def test_every_figure_says_where_it_comes_from():
    assert all(entry.source.startswith("our estimate: ") for entry in load_effort().kinds)


def test_the_units_of_the_file_are_those_that_kinds_count(monkeypatch: pytest.MonkeyPatch):
    counted: dict[str, set[str]] = defaultdict(set)
    of = Efforts.of

    def counting(self: Efforts, kind: str, units: Mapping[str, int]) -> Effort:
        counted[kind] |= set(units)
        return of(self, kind, units)

    monkeypatch.setattr(Efforts, "of", counting)
    for current, target in (("current", "target"), ("shop", "shop-target")):
        plan(load(current), load(target))
    stated = {entry.kind: set(entry.per) for entry in load_effort().kinds}
    assert len(counted) > 30
    assert {kind: stated[kind] - units for kind, units in counted.items() if stated[kind] - units} == {}


def test_the_improvements_of_nova_cost_in_the_order_that_was_stated():
    found = {group.name: group for group in groups(planned().steps, load_effort(), "nova-claims")}
    assert found["merge"].stated == "2 weeks"
    assert found["startup"].stated == "1 week"
    assert found["availability"].stated == "3 days"
    likely = [found[name].effort.likely for name in ("merge", "startup", "availability")]
    assert likely == sorted(likely, reverse=True)
    assert found["data"].stated == ""
    rows = {row[0]: (row[3], row[5]) for row in improvements_table(found.values()).rows}
    for name in STATED:
        assert rows[found[name].title] == (f"{found[name].effort.likely:.1f}", found[name].stated)


def test_the_file_says_what_its_figures_come_to():
    found = {group.name: group.effort.likely for group in groups(planned().steps, load_effort())}
    said = re.search(
        r"come to (\d+), (\d+) and (\d+) days", (ROOT / "models" / "effort.yaml").read_text(encoding="utf-8")
    )
    assert said is not None
    assert [int(days) for days in said.groups()] == [
        round(found[name]) for name in ("merge", "availability", "startup")
    ]


def test_units_add_to_what_a_kind_costs():
    days = "{optimistic: 1, likely: 2, pessimistic: 3}"
    text = f"default: {days}\nkinds: [{{kind: bake, days: {days}, per: {{routes: {days}}}, source: ours}}]\n"
    efforts = Efforts(loads_effort(text))
    assert efforts.of("bake", {"routes": 2, "keys": 9}) == Effort(3, 6, 9)
    assert efforts.of("drain", {"routes": 2}) == Effort(1, 2, 3)
    assert efforts.theme_of("bake") == ""


def test_guesses_that_do_not_ascend_are_refused():
    with pytest.raises(InputError, match="should ascend"):
        loads_effort("default: {optimistic: 3, likely: 2, pessimistic: 1}\nkinds: []\n", file="mine.yaml")
