from __future__ import annotations

from novaplan.migration.edits import set_fields
from novaplan.topology.service import Startup
from tests.migration.small import broken, service, step, system, world

CALM = system(
    services=[service("web", startup={"tier": 2, "wait_for": ["cart"]}), service("cart", startup={"tier": 1})]
)


def test_waiting_in_a_row_is_fine() -> None:
    assert broken("startup-order", world(CALM, CALM)) == []


def test_nothing_waits_in_a_circle() -> None:
    circle = step("a", set_fields("service:cart", startup=Startup(tier=2, wait_for=("web",))))

    assert "circle of cart, web" in broken("startup-order", world(CALM, CALM, circle))


def test_a_circle_that_no_state_closes_is_none() -> None:
    turn = step("turn", set_fields("service:web", startup=Startup()))
    back = step("back", set_fields("service:cart", startup=Startup(wait_for=("web",))), after=("turn",))

    assert broken("startup-order", world(CALM, CALM, turn, back)) == []
    loose = step("back", set_fields("service:cart", startup=Startup(wait_for=("web",))))
    assert "circle of cart, web" in broken("startup-order", world(CALM, CALM, turn, loose))


def test_nothing_in_a_tier_waits_for_what_is_yet_to_have_one() -> None:
    bare = system(services=[service("web", startup={"wait_for": ["cart"]}), service("cart")])
    tiers = {
        name: step(name, set_fields(f"service:{name}", startup=CALM.service[name].startup)) for name in ("web", "cart")
    }

    assert (
        broken("startup-order", world(bare, CALM, tiers["cart"], step("web", *tiers["web"].edits, after=("cart",))))
        == []
    )
    assert broken("startup-order", world(bare, CALM, tiers["cart"], tiers["web"])) == ["service:web"]


def test_nothing_waits_for_a_later_tier() -> None:
    late = step("a", set_fields("service:cart", startup=Startup(tier=3)))

    assert broken("startup-order", world(CALM, CALM, late)) == ["service:web"]
