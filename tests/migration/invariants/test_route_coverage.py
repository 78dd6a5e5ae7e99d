from __future__ import annotations

import pytest

from tests.migration.small import become, broken, change, route, service, step, system, to, world

OLD = system(services=[service("web"), service("idle", replicas=0)], routes=[route("/", ("web", 100))])
NEW = become(system(services=[service("shop")], routes=[route("/", ("shop", 100))]), OLD, web="shop")
ROUTE = "route:*/"


def made(*edits: str) -> list[str]:
    """What is broken once the service ``shop`` is there and the route has changed to it."""
    return broken("route-coverage", world(OLD, NEW, step("a", *(to(own, NEW) for own in edits))))


def test_the_whole_share_may_go_to_the_heir() -> None:
    assert made("service:shop", "port:shop/http", ROUTE) == []


def test_shares_sum_to_a_hundred() -> None:
    half = change(ROUTE, OLD, backends=[{"service": "web", "port": "http", "weight": 95}])

    assert broken("route-coverage", world(OLD, OLD, step("a", half))) == [ROUTE]


@pytest.mark.parametrize("made_before", [("service:shop",), ("port:shop/http",), ()])
def test_a_backend_with_a_share_is_there_with_its_port(made_before: tuple[str, ...]) -> None:
    assert made(*made_before, ROUTE) == [ROUTE]


def test_a_backend_with_a_share_runs() -> None:
    stopped = change("service:web", OLD, replicas=0)

    assert broken("route-coverage", world(OLD, OLD, step("a", stopped))) == [ROUTE]


def test_only_those_serve_a_path_who_did_or_their_heirs() -> None:
    wrong = change(ROUTE, OLD, backends=[{"service": "idle", "port": "http"}])

    assert broken("route-coverage", world(OLD, OLD, step("a", wrong))) == [ROUTE]


def test_a_route_does_not_vanish_before_its_successor_is_there() -> None:
    old = system(services=[service("web")], routes=[route("/", ("web", 100))])
    moved = system(services=[service("web")], routes=[route("/", ("web", 100), host="shop.example")])
    new = become(moved, old)
    lineage = new.lineage
    assert lineage is not None
    parts = tuple(heir.model_copy(update={"into": ("route:shop.example/",)}) if heir.part == ROUTE else heir
                  for heir in lineage.parts)  # fmt: skip
    new = new.model_copy(update={"lineage": lineage.model_copy(update={"parts": parts})})
    make, drop = step("make", to("route:shop.example/", new)), step("drop", to(ROUTE, new))

    assert broken("route-coverage", world(old, new, make, drop)) == [f"{ROUTE} (reached)"]
    assert broken("route-coverage", world(old, new, make, step("drop", to(ROUTE, new), after=("make",)))) == []
