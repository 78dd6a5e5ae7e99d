from __future__ import annotations

from typing import Any

import pytest

from tests.migration.small import become, broken, route, service, step, system, to, world

PROBED = [{"name": "web", "probes": {"readiness": {"path": "/", "port": "http"}}}]
GOOD: dict[str, Any] = {"replicas": 3, "containers": PROBED, "resilience": {"timeout": "2s"}}


def passing(between: dict[str, Any], old: dict[str, Any] = GOOD, new: dict[str, Any] = GOOD) -> list[str]:
    """What is broken while the heir has traffic and is as ``between`` says."""
    was = system(services=[service("web", **old)], routes=[route("/", ("web", 100))])
    will = become(system(services=[service("shop", **new)], routes=[route("/", ("shop", 100))]), was, web="shop")
    way = system(services=[service("shop", **between)])
    containers = [own for own in ("container:shop/web",) if between.get("containers")]
    make = step("make", *(to(own, way) for own in ("service:shop", *containers)))
    shift = step("shift", to("route:*/", will), after=("make",))
    mend = step("mend", to("service:shop", will), to("container:shop/web", will), after=("shift",))
    return broken("slo", world(was, will, make, shift, mend))


def test_as_good_is_good_enough() -> None:
    assert passing(GOOD) == []


@pytest.mark.parametrize(
    "worse",
    [
        {"replicas": 2},
        {"autoscaling": {"min": 2, "max": 9}},
        {"containers": []},
        {"resilience": {"timeout": "3s"}},
        {"resilience": {}},
    ],
)
def test_a_route_is_never_worse_off_than_on_both_sides(worse: dict[str, Any]) -> None:
    assert passing(GOOD | worse) == ["route:*/"]


@pytest.mark.parametrize("worse", [{"replicas": 2}, {"containers": []}, {"resilience": {"timeout": "3s"}}])
def test_what_one_side_has_is_good_enough(worse: dict[str, Any]) -> None:
    assert passing(GOOD | worse, old=GOOD | worse) == []
    assert passing(GOOD | worse, new=GOOD | worse) == []


def test_one_without_traffic_may_be_smaller() -> None:
    was = system(services=[service("web", **GOOD)], routes=[route("/", ("web", 100))])
    will = become(system(services=[service("shop", **GOOD)], routes=[route("/", ("shop", 100))]), was, web="shop")
    dark = system(services=[service("web", **GOOD), service("shop")], routes=[route("/", ("web", 100), ("shop", 0))])

    assert broken("slo", world(was, will, step("a", to("service:shop", dark), to("route:*/", dark)))) == []
