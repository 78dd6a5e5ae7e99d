from __future__ import annotations

import pytest

from novaplan.capacity.nodes import Node
from novaplan.migration.rollout import Rollout
from tests.migration.small import broken, service, system, world

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
