"""The runbook: every step is in it with all a person needs, and text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

import novaplan
from novaplan.migration.plan import Plan
from novaplan.migration.step import Action
from novaplan.migration.world import World
from novaplan.render.runbook import duration, runbook
from tests import golden_files


@pytest.fixture(scope="module")
def shop() -> Plan:
    return novaplan.plan(novaplan.load("shop"), novaplan.load("shop-target"))


@pytest.fixture(scope="module")
def text(shop: Plan) -> str:
    return runbook(shop, shop.schedule(first_day=date(2027, 1, 11), samples=200))


def test_the_runbook_of_the_shop(text: str) -> None:
    golden_files.check("tests/golden/migration/shop-runbook.md", text)


def test_every_step_is_there_with_all_that_it_needs(shop: Plan, text: str) -> None:
    sections = re.split(r'\n<a id="step-\d+"></a>\n', text)[1:]
    assert len(sections) == len(shop)
    for number, (step, section) in enumerate(zip(shop.steps, sections, strict=True), 1):
        assert f"### {number}. " in section
        assert f"`{step.id}`" in section
        boxes = len(step.preconditions) + len(step.actions) + len(step.gates) + len(step.rollback) * step.reversible
        assert section.count("- [ ] ") == boxes
        for action in step.actions:
            for line in action.command.splitlines():
                assert f"  {line}".rstrip() in section
        for name in step.after:
            place = [item.id for item in shop.steps].index(name) + 1
            assert place < number
            assert f"[{place}](#step-{place})" in section
        assert ("There is no way back" in section) == (not step.reversible)
    assert "{state}" not in text
    assert "{before}" not in text


def test_what_can_always_be_undone_is_said_in_plain_words(text: str) -> None:
    assert "Rollback, possible always" in text
    assert "until always" not in text


def test_text_stays_text(shop: Plan) -> None:
    hostile = "<script>alert(1)</script> | `x` ``` [a](b) *c*"
    steps = [
        replace(step, title=hostile, actions=(Action(hostile, f"echo '{hostile}'\n```\nrm -rf /"),))
        for step in shop.world.steps[:1]
    ]
    world = World(shop.world.current, shop.world.target, steps, shop.world.rollout)
    plan = Plan(world, shop.proof)
    text = runbook(plan, plan.schedule(samples=5))
    outside = re.sub(r"(?ms)^  (`{3,})\w*\n.*?^  \1$", "", text)
    assert "<script>" not in outside
    assert "rm -rf" not in outside
    assert r"\[a\](b)" in outside
    assert "  ````sh\n" in text  # a longer fence than any inside


def test_durations_are_told_in_the_largest_unit() -> None:
    assert [duration(value) for value in (86_400_000, 7_200_000, 90_000, 1_000, 5)] == [
        "1 day",
        "2 hours",
        "90 seconds",
        "1 second",
        "5 ms",
    ]
