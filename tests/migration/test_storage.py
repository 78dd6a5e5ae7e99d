from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.errors import PlanError
from novaplan.migration import storage
from novaplan.migration.edits import Edit, put, remove, set_fields
from novaplan.migration.invariants import all_invariants
from novaplan.migration.plan_file import settable
from novaplan.migration.proof import prove
from novaplan.migration.step import Effort
from novaplan.migration.world import World
from novaplan.topology.parts import kind_of, split
from novaplan.topology.system import Topology
from tests.migration.small import service, step, system, to, world
from tests.strategies import topologies

WEB = system(services=[service("web")])
GONE = step("a/web", remove("service:web"), remove("port:web/http"))


def text(of: World, **fields: Any) -> str:
    return storage.dumps(of, prove(of, all_invariants()), **fields)


def body(of: World) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text(of))
    return found


def problems(changed: dict[str, Any]) -> list[tuple[str | None, str]]:
    with pytest.raises(PlanError) as refused:
        storage.loads(yaml.safe_dump(changed, sort_keys=False), file="plan.yaml")
    assert all(problem.file == "plan.yaml" and problem.line for problem in refused.value.problems)
    return [(problem.field, problem.message) for problem in refused.value.problems]


@settings(max_examples=40)
@given(topologies(), st.data())
def test_every_edit_reads_back_as_it_was(topology: Topology, data: st.DataObject) -> None:
    parts = split(topology)
    edits: list[Edit] = []
    for own, part in parts.items():
        fields = sorted(settable(kind_of(own)) - {"format"})
        some = data.draw(st.lists(st.sampled_from(fields), max_size=3, unique=True)) if fields else []
        chosen: tuple[Edit, ...] = (put(own, part), remove(own))
        if some:
            chosen = (*chosen, set_fields(own, **{name: getattr(part, name) for name in some}))
        edits.append(data.draw(st.sampled_from(chosen)))
    of = world(topology, topology, step("a", stages=(tuple(edits), ())))

    for as_json in (False, True):
        written = json.dumps(storage.step_to_dict(of.steps[0])) if as_json else None
        entry = {"format": "novaplan/plan/v1", "current": _side(topology), "target": _side(topology),
                 "steps": [json.loads(written) if written else storage.step_to_dict(of.steps[0])]}  # fmt: skip
        assert storage.loads(json.dumps(entry), file="plan.json").steps == of.steps


def _side(topology: Topology) -> dict[str, str]:
    return {"name": topology.name, "digest": topology.digest}


@pytest.mark.parametrize("as_json", [False, True])
def test_a_plan_reads_back_as_it_was(as_json: bool) -> None:
    full = step(
        "b", *GONE.edits, after=("a/web",), requires=("x",), establishes=("y",), touches=("web",), watch=("on-call",),
        effort=Effort(0.1, 0.25, 1 / 3), bake_milliseconds=5, risk="high",
        theme="1", reversible=False, undone_until="never",
    )  # fmt: skip
    of = world(WEB, system(), GONE, full)
    name = "plan.json" if as_json else "plan.yaml"

    found = storage.loads(text(of, as_json=as_json), file=name)

    assert found.steps == of.steps
    assert (found.current_name, found.current_digest) == (WEB.name, WEB.digest)
    assert (found.target_name, found.target_digest) == ("system", system().digest)


def test_it_holds_every_state_with_its_numbers() -> None:
    wide = system(services=[service("web", disruption_budget={"min_available": 2})])
    found = body(world(WEB, wide, step("a", to("service:web", wide))))

    assert [state["after"] for state in found["states"]] == ["", "a"]
    broken = [state["invariants"]["disruption"]["broken"] for state in found["states"]]
    assert broken == [0, 1]
    assert found["states"][1]["invariants"]["disruption"] == {"obligations": 1, "broken": 1, "worst": 1, "margin": None}
    assert found["proof"]["holds"] is False
    assert "disruption" in {breach["invariant"] for breach in found["proof"]["breaches"]}


def test_margins_are_what_limits_leave() -> None:
    store = {"name": "db", "kind": "postgres", "connections": {"max": 10, "reserved": 3}}
    edges = [{"client": "web", "server": "db", "mode": "writes", "pool": {"max": 2}}]
    of = world(
        *[system(services=[service("web", rollout={"max_surge": 1})], datastores=[store], dependencies=edges)] * 2
    )

    assert body(of)["states"][0]["invariants"]["connections"] == {
        "obligations": 1,
        "broken": 0,
        "worst": 0,
        "margin": 1,
    }


def test_states_are_those_that_asking_anew_gives() -> None:
    from novaplan.migration.states import states
    from tests.migration.plans import NEW, OLD

    steps = [step(f"s{index}", to(own, NEW)) for index, own in enumerate(sorted({*split(OLD), *split(NEW)}))]
    of = world(OLD, NEW, *steps)
    mask = 0
    for index, state in enumerate(states(of, all_invariants())):
        mask |= 1 << index - 1 if index else 0
        for name, numbers in state.numbers.items():
            (invariant,) = [item for item in all_invariants() if item.name == name]
            amounts = []
            for asked in invariant.obligations(of):
                if hasattr(asked, "terms"):
                    limit = asked.limit(of.view(mask))
                    total = sum(term(of.view(mask)) for term in asked.terms)
                    amounts.append(0 if limit is None else max(0, total - limit))
                else:
                    shortfall = asked.check(of.view(mask))
                    amounts.append(0 if shortfall is None else shortfall.amount)
            assert (numbers.obligations, numbers.broken, numbers.worst) == (
                len(amounts),
                sum(map(bool, amounts)),
                max(amounts),
            )


def test_no_secret_value_can_be_in_it() -> None:
    own = "env:web/web/PASSWORD"
    env = [{"name": "PASSWORD", "secret": {"name": "access", "key": "password"}}]
    topology = system(services=[service("web", containers=[{"name": "web", "env": env}])])
    edit = step("a", to(own, topology))

    assert storage.step_to_dict(edit)["stages"] == [
        [{"address": own, "put": {"name": "PASSWORD", "secret": {"name": "access", "key": "password"}}}]
    ]


def broken_steps(**fields: Any) -> dict[str, Any]:
    found = body(world(WEB, system(), GONE))
    found["steps"][0] |= fields
    return found


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"titel": "x"}, "steps[0].titel", "is not a known field (did you mean 'title'?)"),
        ({"phase": "later"}, "steps[0].phase", "should be 'expand', 'migrate' or 'contract'"),
        ({"depends_on": ["b"]}, "steps[0].depends_on", "waits for b, and there is no such step"),
        ({"depends_on": ["a/web"]}, "steps[0].depends_on", "waits for itself"),
        ({"bake_milliseconds": -1}, "steps[0].bake_milliseconds", "should be greater than or equal to 0"),
        ({"gates": [{"says": "x"}]}, "steps[0].gates[0].tool", "is required"),
        ({"stages": []}, "steps[0].stages", "should not be empty"),
        ({"stages": [[{"address": "service:web"}]]}, "steps[0].stages[0][0]",
         "state exactly one of put, set and remove"),
        ({"stages": [[{"address": "service:web", "remove": True, "set": {}}]]}, "steps[0].stages[0][0]",
         "state exactly one of put, set and remove"),
        ({"stages": [[{"address": "servise:web", "remove": True}]]}, "steps[0].stages[0][0].address",
         "there are no parts of kind 'servise' (did you mean 'service'?)"),
        ({"stages": [[{"address": "service:", "remove": True}]]}, "steps[0].stages[0][0].address",
         "'service:' is no address of a part"),
        ({"stages": [[{"address": "fact:done", "remove": True}]]}, "steps[0].stages[0][0].address",
         "there are no parts of kind 'fact'"),
        ({"stages": [[{"address": "service:web", "put": {"name": "cart"}}]]}, "steps[0].stages[0][0].address",
         "is not the address of what stands under it, service:cart"),
        ({"stages": [[{"address": "service:web", "put": {"name": "web", "replica": 1}}]]},
         "steps[0].stages[0][0].put.replica", "is not a known field of a service (did you mean 'replicas'?)"),
        ({"stages": [[{"address": "service:web", "put": {"name": "web", "ports": []}}]]},
         "steps[0].stages[0][0].put.ports", "is not a known field of a service"),
        ({"stages": [[{"address": "service:web", "put": {"name": "web", "replicas": -1}}]]},
         "steps[0].stages[0][0].put.replicas", "should be greater than or equal to 0"),
        ({"stages": [[{"address": "service:web", "set": {"replica": 1}}]]}, "steps[0].stages[0][0].set.replica",
         "is not a known field (did you mean 'replicas'?)"),
        ({"stages": [[{"address": "service:web", "set": {"replicas": "many"}}]]}, "steps[0].stages[0][0].set.replicas",
         "should be a valid integer"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_place(fields: dict[str, Any], field: str, message: str) -> None:
    assert (field, message) in problems(broken_steps(**fields))


def test_a_circle_and_two_steps_of_one_name_are_told() -> None:
    found = body(world(WEB, system(), GONE, step("b", after=("a/web",)), step("c", after=("b",))))
    twice = found | {"steps": [*found["steps"], found["steps"][1]]}
    found["steps"][0]["depends_on"] = ["c"]

    assert problems(found) == [("steps[0].depends_on", "these wait for each other: a/web, b, c")]
    assert problems(twice) == [("steps[3].id", "b is declared twice; keep one")]


@pytest.mark.parametrize(("key", "value"), [("format", "novaplan/plan/v2"), ("stepps", []), ("current", {"name": "x"})])
def test_the_top_of_the_file_is_judged_too(key: str, value: Any) -> None:
    assert problems(body(world(WEB, WEB)) | {key: value})


def test_two_documents_are_not_one_plan() -> None:
    one = text(world(WEB, WEB))

    with pytest.raises(PlanError, match="expected one document, found 2"):
        storage.loads(one + "---\n" + one)


def test_only_what_novaplan_wrote_is_overwritten(tmp_path: Any) -> None:
    from novaplan.errors import OutputError

    of = world(WEB, WEB)
    for name in ("plan.yaml", "plan.json"):
        storage.save(of, prove(of, all_invariants()), tmp_path / name)
        storage.save(of, prove(of, all_invariants()), tmp_path / name)
        assert storage.load(tmp_path / name).steps == ()
    (tmp_path / "mine.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError):
        storage.save(of, prove(of, all_invariants()), tmp_path / "mine.yaml")
