"""A plan that is less careful than novaplan's own is refused, one that is more careful is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from novaplan.migration.care import NAME, as_strict, judge
from novaplan.migration.effort_model import load_effort
from novaplan.migration.planning import proposed
from novaplan.migration.rollout import Rollout, Waiver, load_rollout
from novaplan.migration.step import Action, Effort, Gate, Step
from tests.migration.planned import planned, sides
from tests.migration.plans import PAIRS

SHIFT = "shift-route/search-service/api-service/25"
FINAL = "remove-datastore/postgres-messaging"
OWN = {step.id: step for step in planned().steps}
WANTED = proposed(*sides("current", "target"), load_rollout(), load_effort()).steps
Change = Callable[[Step], Step]


def told(name: str, change: Change) -> list[str]:
    """What is said about a plan in which one step is changed; everything is about that step."""
    breaches, _ = judge([change(step) if step.id == name else step for step in OWN.values()], WANTED, load_rollout())
    assert {breach.invariant for breach in breaches} <= {NAME}
    assert all(breach.remedy for breach in breaches)
    assert {breach.subject for breach in breaches} <= {name}
    return [breach.message for breach in breaches]


def gates(**fields: Any) -> Change:
    return lambda step: replace(step, gates=tuple(replace(gate, **fields) for gate in step.gates))


def fields(**changed: Any) -> Change:
    return lambda step: replace(step, **changed)


@pytest.mark.parametrize("systems", [("current", "target"), ("shop", "shop-target")])
def test_the_own_plan_is_careful_and_unedited(systems: tuple[str, str]) -> None:
    wanted = proposed(*sides(*systems), load_rollout(), load_effort()).steps

    assert judge(planned(*systems).steps, wanted, load_rollout()) == ([], [])


@pytest.mark.parametrize("pair", PAIRS)
def test_so_are_plans_of_small_systems(pair: str) -> None:
    from novaplan.migration.planning import plan

    wanted = proposed(*PAIRS[pair], Rollout(), load_effort()).steps

    assert judge(plan(*PAIRS[pair], rollout=Rollout()).steps, wanted, Rollout()) == ([], [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (fields(bake_milliseconds=0), "bakes 0s, and 10m are asked for"),
        (fields(bake_milliseconds=599_999), "bakes 599999ms, and 10m are asked for"),
        (gates(duration_milliseconds=0), "measures for 0s, and 10m are asked for, at the gate 'Requests succeed'"),
        (gates(threshold=">= 0.5"), "takes '>= 0.5' for enough, and '>= 0.99' is asked for"),
        (gates(threshold="whatever"), "takes 'whatever' for enough, and '>= 0.99' is asked for"),
        (lambda step: replace(step, gates=step.gates[1:]), "leaves out the gate 'Requests succeed'"),
        (fields(gates=()), "leaves out the gate 'Requests succeed'"),
        (fields(rollback=()), "leaves out the way back '"),
        (lambda step: replace(step, rollback=(replace(step.rollback[0], command=""),)),
         "leaves out the command of the way back '"),
        (fields(actions=()), "leaves out the action '"),
        (lambda step: replace(step, actions=tuple(replace(item, command=" ") for item in step.actions)),
         "leaves out the command of the action '"),
        (fields(reversible=False), "can be undone, and says otherwise"),
        (lambda step: replace(step, preconditions=step.preconditions[:-1]), "leaves out the precondition 'no other"),
        (fields(establishes=("baked/api-service",)), "establishes baked/api-service, which it does not bring about"),
    ],
)  # fmt: skip
def test_what_is_less_careful_is_refused_by_name(change: Change, message: str) -> None:
    assert any(said.startswith(message) for said in told(SHIFT, change))


def test_gates_and_actions_of_the_same_words_are_told_apart_by_their_commands() -> None:
    twice = tuple(Gate("It follows", "sql", f"SELECT lag({n})", "<= 1", 1_000) for n in (1, 2))
    does = tuple(Action("Copy it", f"copy {n}", "shell") for n in (1, 2))
    wanted = replace(OWN[SHIFT], gates=twice, actions=does)
    for changed in (
        {"gates": twice[1:]},
        {"gates": twice[:1]},
        {"gates": (twice[0], replace(twice[1], duration_milliseconds=0))},
        {"gates": (replace(twice[0], threshold="<= 9"), twice[1])},
        {"actions": does[1:]},
        {"actions": does[::-1]},
        {"actions": (does[0], replace(does[1], command=""))},
    ):
        (breach,) = judge([replace(wanted, **changed)], [wanted], Rollout())[0]
        assert breach.subject == SHIFT
    assert judge([wanted], [wanted], Rollout()) == ([], [])


def test_a_point_of_no_return_stays_one() -> None:
    assert told(FINAL, fields(reversible=True)) == ["cannot be undone, and says otherwise"]


def test_actions_keep_their_order() -> None:
    step = next(step for step in WANTED if len(step.actions) > 1)
    said = told(step.id, lambda own: replace(own, actions=tuple(reversed(own.actions))))

    assert said == ["takes what belongs to its action in another order"]


@pytest.mark.parametrize(
    "change",
    [
        fields(bake_milliseconds=3_600_000),
        gates(duration_milliseconds=10**9),
        lambda step: replace(step, gates=(*step.gates, Gate("Nobody complains", "person", "calls", "== 0"))),
        lambda step: replace(step, gates=(replace(step.gates[0], threshold=">= 0.999"), *step.gates[1:])),
        lambda step: replace(step, actions=(Action("Tell everybody", tool="person"), *step.actions)),
        fields(effort=Effort(1, 2, 3), title="Another", watch=("everybody",)),
        gates(query="sum(rate(requests_of_our_own[5m]))"),
        lambda step: replace(step, actions=tuple(replace(item, command="make it so") for item in step.actions)),
        lambda step: replace(step, preconditions=(*step.preconditions, "it is not Friday")),
    ],
)
def test_what_is_as_careful_is_accepted_and_noted(change: Change) -> None:
    edited = [change(step) if step.id == SHIFT else step for step in OWN.values()]
    breaches, notes = judge(edited, WANTED, load_rollout())

    assert breaches == []
    assert [note.step for note in notes] == [SHIFT]


def test_a_share_more_is_held_against_the_other_shares() -> None:
    extra = replace(OWN[SHIFT], id=SHIFT.replace("/25", "/10"), stages=((),))
    careless = replace(extra, bake_milliseconds=0)

    assert judge([*OWN.values(), extra], WANTED, load_rollout())[0] == []
    (breach,) = judge([*OWN.values(), careless], WANTED, load_rollout())[0]
    assert (breach.subject, breach.message) == (careless.id, "bakes 0s, and 10m are asked for")


def test_a_step_that_is_left_out_or_goes_by_another_name_is_refused() -> None:
    kept = [step for step in OWN.values() if step.id != FINAL]
    renamed = replace(OWN[FINAL], id="remove-datastore/postgres_messaging")

    (gone,) = judge(kept, WANTED, load_rollout())[0]
    assert (gone.subject, gone.message) == (FINAL, "is left out")
    said = {breach.subject: breach.message for breach in judge([*kept, renamed], WANTED, load_rollout())[0]}
    assert said[renamed.id].endswith(f"(did you mean '{FINAL}'?)")


def test_a_waiver_accepts_it_with_a_reason() -> None:
    hasty = [replace(step, bake_milliseconds=0) if step.id == SHIFT else step for step in OWN.values()]
    waived = Rollout(waivers=(Waiver(invariant=NAME, subject=SHIFT, reason="nobody uses search at night"),))

    assert len(judge(hasty, WANTED, load_rollout())[0]) == 1
    assert judge(hasty, WANTED, waived)[0] == []


@pytest.mark.parametrize(
    ("stated", "asked", "strict"),
    [
        (">=  0.99", ">= 0.99", True),
        (">= 0.995", ">= 0.99", True),
        ("> 0.99", ">= 0.99", True),
        (">= 0.99", "> 0.99", False),
        (">= 0.98", ">= 0.99", False),
        ("<= 1", "<= 1.2 or absent", True),
        ("<= 1.2 or absent", "<= 1.2", False),
        ("<= 10", "<= 1.2 or absent", False),
        ("== 0", "<= 5", True),
        ("== 0", "== 0", True),
        ("<= 0", "== 0", False),
        ("== 1", "== 0", False),
        (">= 0", "<= 5", False),
        ("exit status 0", "exit status 0", True),
        ("exit status 1", "exit status 0", False),
        ("== the answer of the old route", "== 0", False),
    ],
)
def test_thresholds_are_compared(stated: str, asked: str, strict: bool) -> None:
    assert as_strict(stated, asked) is strict
