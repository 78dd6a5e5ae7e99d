"""What comes before what, for reasons that no single state shows: facts that steps wait for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import novaplan
from novaplan.errors import PlanRefused
from novaplan.migration import storage
from novaplan.migration.planning import plan
from novaplan.migration.rollout import load_rollout
from novaplan.migration.step import Step
from novaplan.migration.steps import all_kinds
from novaplan.migration.world import World
from novaplan.topology.storage import load
from tests.migration.planned import planned, sides
from tests.migration.small import become, broken, route, service, system

NOVA = planned().steps
MESSAGES = "realtime-service/kafka/messaging-service"
BY_ID = {step.id: step for step in NOVA}


def of_kind(kind: str, *subjects: str) -> list[Step]:
    """Steps of a kind about any of these subjects, or about anything."""
    found = [step for step in NOVA if step.kind == kind and (not subjects or set(subjects) & set(step.id.split("/")))]
    assert found, f"no step of kind {kind} about {subjects}"
    return found


def before(step: Step) -> set[str]:
    """Everything that a step waits for, however far back."""
    found: set[str] = set()
    waiting = list(step.after)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += BY_ID[name].after
    return found


def follow(later: list[Step], earlier: list[Step]) -> None:
    """Each of ``later`` waits for each of ``earlier``, and the plan tells them so."""
    place = {step.id: index for index, step in enumerate(NOVA)}
    for step in later:
        missing = {other.id for other in earlier} - before(step)
        assert not missing, f"{step.id} does not wait for {missing}"
        assert all(place[other.id] < place[step.id] for other in earlier)


@pytest.mark.parametrize("heir", ["api-service", "realtime-service"])
def test_a_service_is_used_only_with_its_flags_on(heir: str) -> None:
    flags = of_kind("enable-flags", heir)
    for kind in ("mirror-reads", "shift-route", "keep-name"):
        follow(of_kind(kind, heir), flags)


def test_the_entrance_moves_once_everything_behind_it_is_there() -> None:
    (entry,) = of_kind("move-entry")
    behind = ("search-service", "messaging-service", "user-service")
    follow([entry], [step for step in of_kind("shift-route", *behind) if step.id.endswith("/100")])
    follow([entry], of_kind("open-routes"))
    follow([entry], of_kind("create-secret", "nova-tls-cert"))
    follow([entry], of_kind("enable-flags", "api-service"))


def test_a_gateway_gives_up_its_name_and_is_drained_once_nobody_comes_in_through_it() -> None:
    for kind in ("keep-name", "drain", "scale-to-zero", "delete-service"):
        follow(of_kind(kind, "api-gateway"), of_kind("move-entry"))
    follow(of_kind("remove-routes"), of_kind("move-entry"))


def test_messages_follow_the_traffic_and_old_connections_are_drained_last() -> None:
    shifted = [step for step in of_kind("shift-route", "messaging-service") if step.id.endswith("/100")]
    handed = of_kind("hand-over-consumption", "realtime-service")
    follow(handed, shifted)
    follow(of_kind("drain", "messaging-service"), handed)


def test_what_everybody_depends_on_moves_last_of_its_group() -> None:
    others = of_kind("keep-name", "api-gateway", "search-service", "user-service")
    follow(of_kind("keep-name", "auth-service"), others)
    follow(of_kind("keep-name", "auth-service"), of_kind("shift-route", "search-service", "user-service"))


def test_connections_are_within_their_limits_before_any_traffic_moves() -> None:
    made = planned()
    told = json.loads(storage.dumps(made.world, made.proof, as_json=True))
    short = [state["invariants"]["connections"]["broken"] for state in told["states"]]
    names = [state["after"] for state in told["states"]]
    mended = next(index for index, name in enumerate(names) if name.startswith("raise-connections/"))
    moved = next(index for index, name in enumerate(names) if name.startswith(("deploy-dark/", "shift-route/")))
    assert short[0] == 1
    assert not any(short[mended:])
    assert mended < moved
    follow(of_kind("deploy-dark"), of_kind("raise-connections"))
    follow(of_kind("shift-route"), of_kind("raise-connections"))


def test_each_old_name_answers_until_its_own_step() -> None:
    made, gone = planned(), set[str]()
    olds = {item.name for item in made.world.current.services}
    for number, step in enumerate(made, 1):
        if step.kind == "drop-name":
            gone.add(step.id.split("/")[1])
        services = made.state(number).services
        names = {name for item in services for name in (item.name, *item.aliases)}
        assert olds - gone <= names, step.id
    assert gone == olds


def test_everything_waits_for_the_inventory_and_the_new_name_for_the_bake() -> None:
    (inventory,) = of_kind("inventory")
    follow([step for step in NOVA if step is not inventory], [inventory])
    follow(of_kind("configure", "system:target"), of_kind("bake"))


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("shift-route/user-service/api-service/100", "flags/api-service"),
        ("mirror-reads/user-service/api-service", "flags/api-service"),
        ("keep-name/auth-service/api-service", "flags/api-service"),
        ("keep-name/api-gateway/api-service", "entry-moved/api-gateway"),
        ("drain/api-gateway", "entry-moved/api-gateway"),
        ("move-entry/api-gateway", "opened/api-service"),
        ("move-entry/api-gateway", "shifted/user-service/api-service"),
        ("move-entry/api-gateway", "shifted/messaging-service/realtime-service"),
        (
            "hand-over-consumption/realtime-service/kafka/messaging-service",
            "shifted/messaging-service/realtime-service",
        ),
        ("drain/messaging-service", f"handed-over/{MESSAGES}"),
        ("configure/system:target", "baked/api-service"),
    ],
)
def test_who_edits_a_fact_away_is_refused(name: str, fact: str) -> None:
    """Neither is it believed that the fact is not needed, nor that a step without an order establishes it in time."""
    bare = [replace(step, requires=tuple({*step.requires} - {fact})) if step.id == name else step for step in NOVA]
    makers = {step.id for step in NOVA if fact in step.establishes}
    assert makers
    kept = tuple(item for item in BY_ID[name].after if not makers & {item, *before(BY_ID[item])})
    loose = [replace(step, after=kept) if step.id == name else step for step in NOVA]
    for steps in (bare, loose):
        assert name in broken("prepared", World(*sides("current", "target"), steps, load_rollout()))


def test_a_component_may_be_called_system() -> None:
    current = system(name="one", services=[service("system")], routes=[route("/", ("system", 100))])
    target = system(name="two", services=[service("system", team="us")], routes=[route("/", ("system", 100))])

    made = novaplan.plan(current, become(target, current))
    assert [step.id for step in made if step.kind == "configure"] == ["configure/system:two", "configure/system"]


def test_two_steps_of_one_name_are_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    (kind,) = [kind for kind in all_kinds() if kind.name == "inventory"]
    monkeypatch.setattr("novaplan.migration.planning.all_kinds", lambda: (kind, kind))

    with pytest.raises(PlanRefused, match="two steps would be called inventory/current") as no:
        plan(load("current"), load("target"))
    assert "\n" not in str(no.value)


def test_a_system_may_be_called_anything() -> None:
    current = system(name="My shop, " + "old " * 60, services=[service("web")], routes=[route("/", ("web", 100))])
    target = system(name="My\u0085 shop", services=[service("web", team="us")], routes=[route("/", ("web", 100))])

    made = novaplan.plan(current, become(target, current))
    for as_json in (False, True):
        read = storage.loads(storage.dumps(made.world, made.proof, as_json=as_json))
        assert [step.id for step in read.steps] == [step.id for step in made]
