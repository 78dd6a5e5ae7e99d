from __future__ import annotations

from novaplan.migration.edits import set_fields
from tests.migration.small import broken, route, service, step, system, to, world


def split(weight: int) -> object:
    backends = [item for item in (("web", 100 - weight), ("cart", weight)) if item[1]]
    return system(services=[service("web"), service("cart")], routes=[route("/", *backends)])


def moving(*weights: int, **rollout: object) -> list[str]:
    sides = [split(weight) for weight in weights]
    steps = [
        step(f"to-{weight}", to("route:*/", side), after=(f"to-{before}",) if number else ())
        for number, (weight, side, before) in enumerate(zip(weights[1:], sides[1:], weights, strict=False))
    ]
    return broken("blast-radius", world(sides[0], sides[-1], *steps, **rollout))


def test_traffic_moves_by_no_more_than_the_largest_shift() -> None:
    assert moving(0, 50, 100, weights=[50, 100]) == []
    assert moving(0, 49, 100, weights=[49, 100]) == ["to-100"]
    assert moving(0, 51, 100, weights=[51, 100]) == ["to-51"]


def test_it_passes_through_every_weight() -> None:
    assert moving(0, 5, 25, 50, 100) == []
    assert moving(0, 25, 50, 100) == ["to-25"]
    assert moving(0, 5, 50, 100) == ["to-50"]
    assert moving(0, 5, 20, 25, 50, 100) == []


def test_traffic_does_not_go_back() -> None:
    assert moving(0, 50, 25, weights=[50, 100]) == ["to-25"]


def test_a_transient_counts_as_well() -> None:
    stages = ((to("route:*/", split(100)),), (to("route:*/", split(50)),))

    assert set(broken("blast-radius", world(split(0), split(50), step("a", stages=stages)))) == {"a"}


def test_few_components_change_at_once() -> None:
    topology = system(services=[service(f"web-{index}") for index in range(3)])
    edits = [set_fields(f"service:web-{index}", replicas=5) for index in range(3)]

    assert broken("blast-radius", world(topology, topology, step("a", *edits), most_touched=3)) == []
    assert broken("blast-radius", world(topology, topology, step("a", *edits), most_touched=2)) == ["a"]
