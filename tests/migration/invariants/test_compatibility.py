from __future__ import annotations

from typing import Any

import pytest

from novaplan.migration.step import Step
from tests.migration.small import become, broken, edge, route, service, step, system, to, world

OLD = system(
    services=[service("web"), service("caller")],
    routes=[route("/", ("web", 100))],
    dependencies=[edge("caller", "web")],
)
NEW = become(
    system(
        services=[service("shop"), service("caller")],
        routes=[route("/", ("shop", 100))],
        dependencies=[edge("caller", "shop")],
    ),
    OLD,
    web="shop",
)
TESTS = step("contract-tests/shop", establishes=("contract-tests/shop",))
MAKE = step("make", to("service:shop", NEW))


def shift(*after: str) -> Step:
    return step("shift", to("route:*/", NEW), after=("make", *after))


def test_a_new_service_is_tested_before_a_route_reaches_it() -> None:
    assert broken("compatibility", world(OLD, NEW, TESTS, MAKE, shift(TESTS.id))) == []
    assert broken("compatibility", world(OLD, NEW, TESTS, MAKE, shift())) == ["route:*/"]
    assert broken("compatibility", world(OLD, NEW, MAKE, shift())) == ["route:*/"]


def test_and_before_an_old_one_calls_it() -> None:
    call = step("call", to("dependency:caller->shop/calls", NEW), after=("make",))

    assert broken("compatibility", world(OLD, NEW, MAKE, call)) == ["dependency:caller->shop/calls"]
    assert (
        broken("compatibility", world(OLD, NEW, TESTS, MAKE, step("call", *call.edits, after=("make", TESTS.id)))) == []
    )


def store(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "kind": "postgres", "version": "15", "databases": [{"name": "shop"}], **fields}


@pytest.mark.parametrize(
    ("fields", "fine"),
    [
        ({}, True),
        ({"version": "16"}, True),
        ({"version": "14"}, False),
        ({"version": "stable"}, True),
        ({"kind": "mysql"}, False),
    ],
)
def test_data_is_read_by_what_it_moves_to(fields: dict[str, Any], fine: bool) -> None:
    old, there = system(datastores=[store("a")]), system(datastores=[store("b", **fields)])
    target = become(there, old)
    assert target.lineage is not None
    parts = tuple(
        heir.model_copy(update={"into": ("database:b/shop",)}) if heir.part == "database:a/shop" else heir
        for heir in target.lineage.parts
    )
    target = target.model_copy(update={"lineage": target.lineage.model_copy(update={"parts": parts})})
    make = step("make", to("datastore:b", there))

    assert (broken("compatibility", world(old, target, make)) == []) is fine


def test_a_server_does_not_go_back_to_an_older_version() -> None:
    old, new = system(datastores=[store("a")]), system(datastores=[store("a", version="14")])

    assert broken("compatibility", world(old, new, step("a", to("datastore:a", new)))) == ["datastore:a"]
