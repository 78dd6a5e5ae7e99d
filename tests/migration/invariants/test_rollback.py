from __future__ import annotations

from typing import Any

import pytest

from novaplan.migration.edits import remove, set_fields
from novaplan.migration.step import Step
from tests.migration.small import become, broken, edge, service, step, system, world

STORE = {"name": "db", "kind": "postgres", "databases": [{"name": "shop"}]}
OLD = system(services=[service("web")], datastores=[STORE], dependencies=[edge("web", "db", "writes", database="shop")])
NEW = become(system(services=[service("shop")], datastores=[STORE | {"databases": []}]), OLD, web="shop")
BAKE = step("bake/shop", establishes=("baked/shop",))


def drop(**fields: Any) -> Step:
    fields = {"reversible": False, "phase": "contract", "undone_until": "it is done", "after": ("bake/shop",)} | fields
    return step("drop", remove("database:db/shop"), **fields)


def test_a_point_of_no_return_comes_last_after_the_new_side_has_baked() -> None:
    assert broken("rollback", world(OLD, NEW, BAKE, drop())) == []


@pytest.mark.parametrize("fields", [{"phase": "migrate"}, {"undone_until": " "}, {"after": ()}])
def test_elsewhere_it_is_refused(fields: dict[str, Any]) -> None:
    assert broken("rollback", world(OLD, NEW, BAKE, drop(**fields))) == ["drop"]


def test_it_waits_for_those_alone_that_it_has_to_do_with() -> None:
    other = step("bake/other", establishes=("baked/other",))

    assert broken("rollback", world(OLD, NEW, BAKE, other, drop())) == []


def test_what_can_be_undone_says_how_and_is() -> None:
    silent = step("a", set_fields("service:web", replicas=5), rollback=())

    assert broken("rollback", world(OLD, OLD, silent)) == ["a"]
    assert broken("rollback", world(OLD, OLD, step("a", *silent.edits))) == []
