from __future__ import annotations

from tests.migration.small import broken, step, system, world

EMPTY = system()


def test_steps_wait_for_those_of_earlier_kinds() -> None:
    inventory, tests = step("inventory/system"), step("contract-tests/shop", after=("inventory/system",))

    assert broken("kind-order", world(EMPTY, EMPTY, inventory, tests)) == []


def test_and_not_for_those_of_later_ones() -> None:
    inventory, tests = step("inventory/system", after=("contract-tests/shop",)), step("contract-tests/shop")

    assert broken("kind-order", world(EMPTY, EMPTY, tests, inventory)) == ["inventory/system"]


def test_two_of_one_kind_may_come_in_either_order() -> None:
    one, two = step("inventory/a", after=("inventory/b",)), step("inventory/b")

    assert broken("kind-order", world(EMPTY, EMPTY, one, two)) == []
