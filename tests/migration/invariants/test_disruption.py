from __future__ import annotations

from typing import Any

import pytest

from tests.migration.small import service, short, system


def web(**fields: Any) -> list[str]:
    return short("disruption", system(services=[service("web", **({"rollout": {"max_unavailable": 0}} | fields))]))


@pytest.mark.parametrize(
    ("budget", "replicas", "fine"),
    [
        ({"min_available": 1}, 2, True),
        ({"min_available": 2}, 2, False),
        ({"min_available": "50%"}, 3, True),
        ({"min_available": "51%"}, 2, False),
        ({"max_unavailable": 1}, 1, True),
        ({"max_unavailable": 0}, 3, False),
        ({"min_available": 1}, 0, True),
    ],
)
def test_a_budget_lets_a_node_be_drained(budget: dict[str, Any], replicas: int, fine: bool) -> None:
    assert (web(disruption_budget=budget, replicas=replicas) == []) is fine


def test_the_fewest_pods_count() -> None:
    assert web(disruption_budget={"min_available": 2}, replicas=3, autoscaling={"min": 2, "max": 9}) == ["service:web"]


def test_a_rollout_leaves_what_the_budget_wants() -> None:
    budget = {"disruption_budget": {"min_available": 2}, "replicas": 3}

    assert web(**budget, rollout={"max_unavailable": 1}) == []
    assert web(**budget, rollout={"max_unavailable": 2}) == ["service:web"]


@pytest.mark.parametrize(("least", "fine"), [(2, True), (3, False)])
def test_a_member_of_a_datastore_can_go(least: int, fine: bool) -> None:
    store = {
        "name": "db",
        "kind": "etcd",
        "deployment": {"type": "cluster", "members": 3},
        "disruption_budget": {"min_available": least},
    }

    assert (short("disruption", system(datastores=[store])) == []) is fine
