from __future__ import annotations

from tests.migration.small import broken, edge, route, service, step, system, to, world

SERVICES = [service("web"), service("cart"), service("stock")]
FLAT = system(
    services=SERVICES, routes=[route("/", ("web", 100))], dependencies=[edge("web", "cart"), edge("web", "stock")]
)
ROW = system(
    services=SERVICES, routes=[route("/", ("web", 100))], dependencies=[edge("web", "cart"), edge("cart", "stock")]
)


def test_calls_beside_each_other_are_no_row() -> None:
    assert broken("call-depth", world(FLAT, FLAT)) == []


def test_a_row_that_target_wants_is_accepted() -> None:
    turn = step("a", to("dependency:cart->stock/calls", ROW), to("dependency:web->stock/calls", ROW))

    assert broken("call-depth", world(FLAT, ROW, turn)) == []


def test_no_row_gets_longer_on_the_way() -> None:
    there = step("there", to("dependency:cart->stock/calls", ROW))
    back = step("back", to("dependency:cart->stock/calls", FLAT), after=("there",))

    assert broken("call-depth", world(FLAT, FLAT, there, back)) == ["route:*/"]
