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
    assert broken("startup-order", world(CALM, CALM, turn, loose)) == ["circle of cart, web"]


def test_nothing_waits_for_a_later_tier() -> None:
    late = step("a", set_fields("service:cart", startup=Startup(tier=3)))

    assert broken("startup-order", world(CALM, CALM, late)) == ["service:web"]
