from __future__ import annotations

from tests.migration.small import become, broken, edge, service, step, system, to, world

OLD = system(services=[service("web"), service("cart")], dependencies=[edge("web", "cart")])
NEW = become(system(services=[service("shop")]), OLD, web="shop", cart="shop")


def test_calls_in_a_row_are_fine() -> None:
    assert broken("call-cycles", world(OLD, OLD)) == []


def test_no_circle_is_closed_on_the_way() -> None:
    back = system(services=[service("web"), service("cart")], dependencies=[edge("web", "cart"), edge("cart", "web")])
    close, open_ = (
        step("close", to("dependency:cart->web/calls", back)),
        step("open", to("dependency:cart->web/calls", OLD)),
    )

    assert broken("call-cycles", world(OLD, OLD, close, open_)) == ["circle of cart, web"]


def test_a_circle_that_both_sides_have_stays() -> None:
    both = system(services=[service("web"), service("cart")], dependencies=[edge("web", "cart"), edge("cart", "web")])

    assert broken("call-cycles", world(both, both)) == []


def test_an_old_service_and_its_heir_do_not_call_each_other() -> None:
    way = system(services=[service("web"), service("shop")], dependencies=[edge("web", "shop"), edge("shop", "web")])
    bounce = step(
        "a", to("service:shop", NEW), *(to(f"dependency:{name}/calls", way) for name in ("web->shop", "shop->web"))
    )

    assert broken("call-cycles", world(OLD, NEW, bounce)) == ["circle of shop, web"]
