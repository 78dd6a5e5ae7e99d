from __future__ import annotations

from novaplan.migration.step import Step
from tests.migration.small import broken, step, system, world

EMPTY = system()
INVENTORY = step("inventory", establishes=("inventory",))


def contract_tests(*after: str, **fields: tuple[str, ...]) -> Step:
    return step("contract-tests/shop", after=after, **({"requires": ("inventory",)} | fields))


def test_what_is_required_is_established_before() -> None:
    assert broken("prepared", world(EMPTY, EMPTY, INVENTORY, contract_tests("inventory"))) == []


def test_later_is_too_late() -> None:
    assert broken("prepared", world(EMPTY, EMPTY, INVENTORY, contract_tests())) == ["contract-tests/shop"]
    assert broken("prepared", world(EMPTY, EMPTY, contract_tests())) == ["contract-tests/shop"]


def test_what_a_kind_needs_is_stated() -> None:
    silent = contract_tests("inventory", requires=())

    assert broken("prepared", world(EMPTY, EMPTY, INVENTORY, silent)) == ["contract-tests/shop"]
