"""Every kind of step: it occurs in a plan, is told in full, does what its kind may and nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from novaplan.migration.edits import remove, set_fields
from novaplan.migration.effort_model import load_effort
from novaplan.migration.plan import Plan
from novaplan.migration.planning import plan
from novaplan.migration.step import Step
from novaplan.migration.steps import Kind, all_kinds
from novaplan.migration.texts import BEFORE, STATE
from novaplan.topology.parts import SYSTEM, kind_of
from tests.migration.planned import planned
from tests.migration.plans import POOL
from tests.migration.small import become, edge, route, service, system

EVERY = pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)
OLD = system(
    name="old",
    services=[service("web"), service("cart", ports=[{"name": "http", "port": 8080}])],
    datastores=[
        {"name": "db", "kind": "postgres", "databases": [{"name": "shop"}, {"name": "junk"}]},
        {"name": "bus", "kind": "kafka", "topics": [{"name": "orders"}]},
    ],
    routes=[route("/", ("web", 100)), route("/cart", ("cart", 100))],
    dependencies=[edge("web", "cart"), edge("cart", "db", "writes", database="shop", pool=POOL)],
)
NEW = become(
    system(
        name="new",
        services=[service("web")],
        datastores=[
            {"name": "db", "kind": "postgres", "databases": [{"name": "shop"}]},
            {"name": "bus", "kind": "kafka", "topics": [{"name": "orders"}, {"name": "events"}]},
        ],
        routes=[route("/", ("web", 100)), route("/cart", ("web", 100))],
        dependencies=[
            edge("web", "db", "writes", database="shop", pool=POOL),
            edge("web", "bus", "publishes", topic="events"),
        ],
    ),
    OLD,
    cart="web",
)
"""One service becomes part of another that keeps its name, a database goes, a topic comes."""


@cache
def plans() -> tuple[Plan, ...]:
    return planned(), planned("shop", "shop-target"), plan(OLD, NEW)


def occurrences(kind: Kind) -> list[tuple[Plan, Step]]:
    return [(made, step) for made in plans() for step in made if step.kind == kind.name]


@EVERY
def test_it_occurs_in_a_plan(kind: Kind) -> None:
    assert occurrences(kind), f"no plan here has a step of kind {kind.name}"


@EVERY
def test_it_is_told_in_full(kind: Kind) -> None:
    for made, step in occurrences(kind):
        assert step.id.startswith(f"{kind.name}/")
        assert [other.id for other in made].count(step.id) == 1
        assert step.title
        assert not step.title.endswith(".")
        assert step.phase == kind.phase
        assert all((step.actions, step.gates, step.rollback)), step.id
        assert all((step.undone_until, step.watch, step.risk))
        assert all(action.says for action in (*step.actions, *step.rollback))
        assert all(gate.says and gate.query and gate.threshold for gate in step.gates)
        assert len(step.preconditions) >= len(step.requires)
        effort = step.effort
        assert 0 <= effort.optimistic <= effort.likely <= effort.pessimistic


@EVERY
def test_no_command_is_left_unfilled(kind: Kind) -> None:
    for _, step in occurrences(kind):
        told = [*(action.command for action in (*step.actions, *step.rollback)), *(gate.query for gate in step.gates)]
        assert not [text for text in told if STATE in text or BEFORE in text]


@EVERY
def test_it_requires_what_its_kind_does(kind: Kind) -> None:
    for made, step in occurrences(kind):
        assert set(kind.requires_of(step, made.world)) <= set(step.requires)
        established = {fact for other in made for fact in other.establishes}
        assert set(step.requires) <= established


@EVERY
def test_it_does_what_its_kind_may_and_nothing_else(kind: Kind) -> None:
    for made, step in occurrences(kind):
        assert kind.allowed(step, made.world) == ""
        stray = remove(SYSTEM) if kind.name == "configure" else set_fields(SYSTEM, name="elsewhere")
        spoiled = replace(step, stages=(*step.stages, (stray,)))
        assert kind.allowed(spoiled, made.world) != ""


@EVERY
def test_what_it_costs_is_in_the_model(kind: Kind) -> None:
    model = load_effort()
    (entry,) = [item for item in model.kinds if item.kind == kind.name]
    assert entry.source
    assert sum(kind.name in theme.kinds for theme in model.themes) <= 1


def test_the_model_names_no_other_kind() -> None:
    model, known = load_effort(), {kind.name for kind in all_kinds()}
    assert {item.kind for item in model.kinds} <= known
    assert {name for theme in model.themes for name in theme.kinds} <= known


def test_only_what_drops_data_has_no_way_back() -> None:
    final = {step.kind for made in plans() for step in made if not step.reversible}
    assert final == {"contract-schema", "remove-datastore"}


def test_a_server_that_follows_for_the_way_back_is_cut_off_before_it_goes() -> None:
    (step,) = (step for step in planned("current", "target") if step.kind == "remove-datastore")
    first, deletes = (action.says for action in step.actions[:2])
    assert "drop its subscriptions" in first
    assert "that postgres keeps no slot for it" in first
    assert deletes.startswith("Delete what runs it")


def test_kinds_that_only_tell_change_no_part() -> None:
    telling = {"inventory", "contract-tests", "build-image", "mirror-reads", "drain", "bake", "revoke-credentials"}
    for made in plans():
        for step in made:
            if step.kind in telling:
                assert not [kind_of(edit.address) for edit in step.edits]
