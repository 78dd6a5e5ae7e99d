"""The state after a step, with what the step made of it."""

from __future__ import annotations

import pytest

from novaplan.diagrams.dot import dot
from novaplan.diagrams.step import after_step
from novaplan.diagrams.system import View, draw
from novaplan.errors import UnknownNameError
from novaplan.migration.plan import Plan
from novaplan.migration.planning import plan
from novaplan.topology import storage


@pytest.fixture(scope="module")
def nova() -> Plan:
    return plan(storage.load("current"), storage.load("target"))


def step_of(nova: Plan, kind: str) -> int:
    return next(number for number, step in enumerate(nova.steps, start=1) if step.kind == kind)


def test_what_is_deployed_is_new_and_what_is_deleted_gone(nova: Plan):
    number = step_of(nova, "deploy-dark")
    before, after = (draw(nova.state(state)) for state in (number - 1, number))
    (name,) = {box.name for box in after.boxes} - {box.name for box in before.boxes}
    picture = after_step(nova, str(number))
    states = {box.name: box.state for box in picture.boxes}
    assert states[name] == "new"
    assert f"({states[name]})" in dot(picture)
    assert {state for other, state in states.items() if other != name} <= {"kept", "changed"}
    number = step_of(nova, "delete-service")
    picture = after_step(nova, nova.steps[number - 1].id)
    gone = {box.name for box in picture.boxes if box.state == "gone"}
    assert gone == {service.name for service in nova.state(number - 1).services} - {
        service.name for service in nova.state(number).services
    }
    assert gone


def test_the_title_says_which_step_it_was(nova: Plan):
    assert after_step(nova, "0").title == f"Before the first of {len(nova)} steps"
    last = after_step(nova, str(len(nova)))
    assert last.title.startswith(f"After step {len(nova)} of {len(nova)}: {nova.steps[-1].title}")


def test_a_step_that_changes_nothing_here_says_so(nova: Plan):
    number = step_of(nova, "build-image")
    picture = after_step(nova, str(number))
    assert {box.state for box in picture.boxes} == {"kept"}
    assert picture.notes == ("nothing that is drawn here changes",)


def test_a_focus_shows_what_is_around_it(nova: Plan):
    number = step_of(nova, "delete-service")
    (gone,) = {service.name for service in nova.state(number - 1).services} - {
        service.name for service in nova.state(number).services
    }
    picture = after_step(nova, str(number), View(focus=gone))
    assert {box.name: box.state for box in picture.boxes}[gone] == "gone"
    assert len(picture.boxes) < len(after_step(nova, str(number)).boxes)


@pytest.mark.parametrize("step", ["999", "-1", "²", "1.0", ""])
def test_a_step_that_there_is_none_of(nova: Plan, step: str):
    with pytest.raises(UnknownNameError, match="there is no step"):
        after_step(nova, step)
    with pytest.raises(UnknownNameError, match="did you mean"):
        after_step(nova, nova.steps[0].id[:-1])
