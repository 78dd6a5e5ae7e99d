from __future__ import annotations

from typing import Any

import pytest

from novaplan.migration.step import Action, Gate
from tests.migration.small import broken, step, system, world

EMPTY = system()


@pytest.mark.parametrize(
    ("fields", "fine"),
    [
        ({}, True),
        ({"title": " "}, False),
        ({"actions": ()}, False),
        ({"actions": (Action(" "),)}, False),
        ({"gates": ()}, False),
        ({"gates": (Gate("x", "sql", "", "== 0"),)}, False),
        ({"gates": (Gate("x", "sql", "SELECT 1", ""),)}, False),
        ({"rollback": ()}, False),
        ({"rollback": (Action(""),)}, False),
        ({"rollback": (), "reversible": False}, True),
        ({"requires": ("x", "y"), "preconditions": ("x is so",)}, False),
        ({"requires": ("x", "y"), "preconditions": ("x is so", " ")}, False),
        ({"requires": ("x",), "preconditions": ("x is so", "and more")}, True),
    ],
)
def test_a_step_says_what_a_person_needs(fields: dict[str, Any], fine: bool) -> None:
    assert (broken("stated", world(EMPTY, EMPTY, step("a", **fields))) == []) is fine
