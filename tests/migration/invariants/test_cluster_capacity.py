from __future__ import annotations

import pytest

from novaplan.capacity.nodes import Node
from novaplan.errors import PlanRefused
from novaplan.migration.planning import plan
from novaplan.migration.rollout import Rollout, rollout_on
from novaplan.migration.world import World
from tests.migration.planned import sides
from tests.migration.small import breaches, broken, service, step, system, to, world

POD = [{"name": "web", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]
SYSTEM = system(
    services=[service("web", autoscaling={"min": 1, "max": 3}, rollout={"max_surge": 1}, containers=POD)],
    datastores=[{"name": "db", "kind": "postgres", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}],
)
"""Five pods at most: three, one while it rolls out, and the database."""


def given(cpu: str = "5", memory: str = "5Gi", pods: int = 5) -> list[str]:
    return broken("cluster-capacity", world(SYSTEM, SYSTEM, room={"cpu": cpu, "memory": memory, "pods": pods}))


def test_what_fits_exactly_fits() -> None:
    assert given() == []


@pytest.mark.parametrize("room", [{"cpu": "4999m"}, {"memory": "5119Mi"}, {"pods": 4}])
def test_each_figure_has_its_limit(room: dict[str, int]) -> None:
    assert given(**room) == list(room)


def test_without_nodes_nothing_is_asked() -> None:
    assert broken("cluster-capacity", world(SYSTEM, SYSTEM)) == []


def test_the_largest_node_may_be_lost_and_closed_ones_do_not_count() -> None:
    nodes = [Node("a", 4000, 8, 10), Node("b", 2000, 9, 20), Node("c", 9000, 99, 99, closed="unschedulable")]

    room = Rollout().on(nodes).room

    assert room is not None
    assert (room.cpu, room.memory, room.pods) == (2000, 8, 10)


def test_a_refusal_names_the_step_the_figure_and_how_many_nodes_would_do() -> None:
    grown = system(services=[service("web", replicas=9, containers=POD)])
    bigger = step("grow", to("service:web", grown))
    later = step("later", after=("grow",))
    nodes = [Node(name, 2000, 2**40, 99) for name in "ab"]

    found = breaches(World(SYSTEM, grown, (bigger, later), Rollout().on(nodes)))
    (told,) = [breach for breach in found if breach.invariant == "cluster-capacity"]
    assert told.done == ("grow",)
    assert told.message.startswith(
        "13 may be requested, 2 are there without the largest node; system alone may request 12"
    )
    assert told.remedy.startswith("add 6 more nodes like the largest, for 11 more")


@pytest.mark.parametrize(("names", "cpu"), [(("current", "target"), "10300m"), (("shop", "shop-target"), "35550m")])
def test_the_bundled_nodes_hold_neither_system_at_its_most(names: tuple[str, str], cpu: str) -> None:
    """What docs/migration.md says of them."""
    with pytest.raises(PlanRefused) as no:
        plan(*sides(*names), rollout=rollout_on("rollout", "nodes"))

    assert f"{names[1]} alone may request {cpu}, so no order of steps helps" in str(no.value.problems[0])
