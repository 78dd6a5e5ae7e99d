from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from novaplan.errors import PlanError
from novaplan.migration import storage
from novaplan.migration.plan import Plan
from novaplan.migration.rollout import Rollout, load_rollout
from novaplan.migration.verify import Verification, verify
from tests.migration.planned import planned, sides

Body = dict[str, Any]


def text(plan: Plan) -> str:
    return storage.dumps(plan.world, plan.proof, as_json=True)


@pytest.fixture(scope="module")
def plan() -> Body:
    body: Body = json.loads(text(planned()))
    return body


@pytest.fixture
def edited(plan: Body) -> Body:
    return copy.deepcopy(plan)


def judged(body: Body, systems: tuple[str, str] = ("current", "target")) -> Verification:
    return verify(storage.loads(json.dumps(body), file="plan.json"), *sides(*systems))


def invariants(body: Body) -> set[str]:
    """The names of those that refuse a plan."""
    found = judged(body)
    assert not found.accepted
    return {breach.invariant for breach in found.breaches}


def step(body: Body, kind: str, *, editing: str = "") -> Body:
    """The first step of a kind, or the first of it that edits such a part."""
    found = (item for item in body["steps"] if item["kind"] == kind)
    return next(item for item in found if any(edit["address"].startswith(editing) for edit in item["stages"][-1])
                or not editing)  # fmt: skip


@pytest.mark.parametrize("systems", [("current", "target"), ("shop", "shop-target")])
def test_the_plans_of_the_committed_systems_are_accepted(systems: tuple[str, str], tmp_path: Path) -> None:
    for name in ("plan.yaml", "plan.json"):
        storage.save(planned(*systems).world, planned(*systems).proof, tmp_path / name)
        found = verify(tmp_path / name, *sides(*systems))

        assert [(item.invariant, item.subject, item.message) for item in found.breaches] == []
        assert found.accepted
        assert found.to_dict()["accepted"] is True
        assert found.plan.steps == planned(*systems).steps


def test_every_state_of_it_is_a_topology_that_loads(plan: Body) -> None:
    world = planned().world
    mask = 0
    for index in range(len(world.steps)):
        for node in range(world.first(index), world.last[index] + 1):
            mask |= 1 << node
            world.topology(mask)
    assert mask == world.everything
    assert world.topology(mask) == world.target.model_copy(update={"lineage": None})


def test_texts_and_efforts_are_free_and_noted(edited: Body) -> None:
    for item in edited["steps"]:
        item |= {"title": "Another title", "watch": ["everybody"], "theme": "", "risk": "high"}
        item["effort_days"] = {"optimistic": 1, "likely": 2, "pessimistic": 9}
        item["gates"][0]["query"] += " "
    edited |= {"states": [], "proof": {}}

    found = judged(edited)
    assert found.accepted
    assert [note.step for note in found.notes] == [item["id"] for item in edited["steps"]]
    assert found.notes[0].message.startswith("title, ")


def test_steps_may_be_told_in_any_order_that_they_allow(edited: Body) -> None:
    """The last that may, first."""
    left, told = list(edited["steps"]), list[Body]()
    while left:
        done = {item["id"] for item in told}
        told.append(next(item for item in reversed(left) if done.issuperset(item["depends_on"])))
        left.remove(told[-1])
    assert told != edited["steps"]

    assert judged(edited | {"steps": told}).accepted


def test_an_order_that_the_steps_themselves_forbid_is_refused_in_one_line(edited: Body) -> None:
    edited["steps"].reverse()

    with pytest.raises(
        PlanError, match=r"is told before .*, which it waits for; put it after that, and \d+ more"
    ) as no:
        judged(edited)
    assert "\n" not in str(no.value)
    assert no.value.problems[0].line is not None


def test_guesses_that_do_not_ascend_are_refused(edited: Body) -> None:
    edited["steps"][0]["effort_days"] = {"optimistic": 9, "likely": 1, "pessimistic": 0}

    with pytest.raises(PlanError, match=r"plan.json:\d+: steps\[0\].effort_days: .* should ascend"):
        judged(edited)


def test_a_plan_in_a_hurry_is_refused(edited: Body) -> None:
    for item in edited["steps"]:
        item["bake_milliseconds"] = 0
        for gate in item["gates"]:
            gate["duration_milliseconds"] = 0

    assert invariants(edited) == {"care"}


def test_what_a_hastier_rollout_asks_for_is_measured_by_it(edited: Body) -> None:
    hasty = load_rollout().model_copy(update={"bake": 60_000})
    made = copy.deepcopy(edited)
    for item in made["steps"]:
        item["bake_milliseconds"] = min(item["bake_milliseconds"], 600_000)

    found = verify(storage.loads(json.dumps(made), file="plan.json"), *sides("current", "target"), rollout=hasty)
    assert found.accepted
    assert not judged(made).accepted


SPOILED: dict[str, tuple[Callable[[Body], Any], set[str]]] = {
    "a step that is missing": (lambda body: _drop(body, step(body, "deploy-dark")), {"target", "prepared"}),
    "a weight": (lambda body: _reweigh(body, 10), {"route-coverage"}),
    "a weight that grows too fast": (lambda body: _reweigh(body, 90, others=10), {"blast-radius"}),
    "an empty gate": (lambda body: step(body, "drain").update(gates=[]), {"stated"}),
    "an empty rollback": (lambda body: step(body, "drain").update(rollback=[]), {"stated", "rollback"}),
    "an empty precondition": (lambda body: step(body, "drain").update(preconditions=[]), {"stated"}),
    "a precondition": (lambda body: step(body, "drain").update(requires=[]), {"prepared"}),
    "an edit of another kind": (lambda body: _append(body, "inventory", "route:x/", remove=True), {"step-kinds"}),
    "a phase": (lambda body: step(body, "drain").update(phase="contract"), {"step-kinds"}),
    "a kind": (lambda body: step(body, "drain").update(kind="drian"), {"step-kinds"}),
    "all order": (lambda body: [item.update(depends_on=[]) for item in body["steps"]],
                  {"confluence", "prepared", "dangling"}),
    "a part more": (lambda body: _append(body, "create-namespace", "namespace:more", put={"name": "more"}), {"target"}),
}  # fmt: skip


def _append(body: Body, kind: str, own: str, **edit: Any) -> None:
    step(body, kind)["stages"][0].append({"address": own, **edit})


def _drop(body: Body, gone: Body) -> None:
    body["steps"].remove(gone)
    for item in body["steps"]:
        if gone["id"] in item["depends_on"]:
            item["depends_on"] = sorted({*item["depends_on"], *gone["depends_on"]} - {gone["id"]})


def _reweigh(body: Body, weight: int, others: int | None = None) -> None:
    shift = next(item for item in body["steps"] if item["id"] == "shift-route/search-service/api-service/5")
    for edit in shift["stages"][-1]:
        backends = edit["set"]["backends"]
        new = next(item for item in backends if item["service"] not in sides("current", "target")[0].service)
        new["weight"] = weight
        for item in backends:
            if item is not new and others is not None:
                item["weight"] = others


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_spoiled_is_refused_by_name(edited: Body, what: str) -> None:
    spoil, expected = SPOILED[what]
    spoil(edited)

    assert expected <= invariants(edited)


def test_a_plan_for_other_topologies_is_refused(plan: Body) -> None:
    with pytest.raises(PlanError) as refused:
        judged(plan, ("shop", "shop-target"))

    assert [problem.field for problem in refused.value.problems] == ["current.digest", "target.digest"]
    assert all(problem.file == "plan.json" and "plan again" in problem.message for problem in refused.value.problems)


def test_two_plans_mixed_are_refused(edited: Body) -> None:
    other = json.loads(text(planned("shop", "shop-target")))
    known = {item["id"] for item in edited["steps"]}
    edited["steps"] += [item for item in other["steps"] if item["id"] not in known]

    assert "target" in invariants(edited)


def test_one_plan_twice_is_refused(edited: Body) -> None:
    edited["steps"] += edited["steps"][:2]

    with pytest.raises(PlanError, match="is declared twice"):
        judged(edited)


def test_a_circle_is_refused(edited: Body) -> None:
    edited["steps"][0]["depends_on"] = [edited["steps"][-1]["id"]]

    with pytest.raises(PlanError, match="wait for each other"):
        judged(edited)


def test_fields_that_name_a_part_are_not_set(edited: Body) -> None:
    own = step(edited, "create-namespace")["stages"][0][0]["address"]
    step(edited, "create-namespace")["stages"].append([{"address": own, "set": {"name": "else"}}])

    with pytest.raises(PlanError, match=r"changes what namespace:.* is called"):
        judged(edited)


def test_parts_that_no_topology_could_hold_are_refused_in_a_line(edited: Body) -> None:
    """Found by mutating plans: a share that is no share went as far as counting pods."""
    item = step(edited, "move-autoscaling", editing="service:")
    edit = next(edit for edit in item["stages"][0] if edit["address"].startswith("service:"))
    edit["set"]["disruption_budget"] = {"min_available": "most of them"}

    with pytest.raises(PlanError, match=r"makes service:.* one whose disruption_budget.min_available: 'most of") as no:
        judged(edited)
    assert len(no.value.problems) == 1


@pytest.mark.parametrize("name", ["x", "drop-name", "shift-route/only", "drop-name/a/b/c/d"])
def test_ids_with_too_few_or_too_many_parts_are_refused(edited: Body, name: str) -> None:
    item = next(
        item for item in edited["steps"] if item["kind"] == (name.partition("/")[0] if "-" in name else "drop-name")
    )
    old, item["id"] = item["id"], name
    for other in edited["steps"]:
        other["depends_on"] = [name if before == old else before for before in other["depends_on"]]

    assert "care" in invariants(edited)


def test_a_waiver_in_the_rollout_accepts_one_shortfall(edited: Body) -> None:
    waivers = [{"invariant": "disruption", "subject": "service:x", "reason": "known"}]

    assert Rollout(waivers=waivers).waives("disruption", "service:x")
    assert not Rollout(waivers=waivers).waives("disruption", "service:y")
