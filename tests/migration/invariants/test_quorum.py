from __future__ import annotations

from typing import Any

import pytest

from tests.migration.small import broken, change, short, step, system, to, world


def store(**deployment: Any) -> Any:
    return system(datastores=[{"name": "db", "kind": "any", "deployment": deployment}])


THREE, FIVE = store(type="cluster", members=3), store(type="cluster", members=5)


def test_members_may_be_added_and_taken_to_what_target_wants() -> None:
    assert broken("quorum", world(THREE, FIVE, step("a", to("datastore:db", FIVE)))) == []
    assert broken("quorum", world(FIVE, THREE, step("a", to("datastore:db", THREE)))) == []


def test_there_are_never_fewer_than_either_side_has() -> None:
    less = step("less", change("datastore:db", FIVE, deployment={"type": "cluster", "members": 2}))
    more = step("more", to("datastore:db", FIVE), after=("less",))

    assert broken("quorum", world(THREE, FIVE, less, more)) == ["datastore:db"]


@pytest.mark.parametrize(
    ("deployment", "fine"),
    [
        ({"type": "sentinel", "members": 2, "sentinels": 3, "quorum": 2, "min_replicas_to_write": 1}, True),
        ({"type": "sentinel", "members": 1, "sentinels": 3, "quorum": 2, "min_replicas_to_write": 1}, False),
        ({"type": "patroni", "members": 2, "synchronous": True}, True),
        ({"type": "patroni", "members": 1, "synchronous": True}, False),
        ({"type": "kafka", "brokers": 3, "replication_factor": 3, "min_insync_replicas": 2}, True),
        ({"type": "kafka", "brokers": 2, "replication_factor": 3, "min_insync_replicas": 2}, False),
        ({"type": "kafka", "brokers": 3, "replication_factor": 1, "min_insync_replicas": 2}, False),
    ],
)
def test_what_is_there_can_take_a_write(deployment: dict[str, Any], fine: bool) -> None:
    assert (short("quorum", store(**deployment)) == []) is fine


def test_sentinels_and_etcd_members_vote_too() -> None:
    three = store(type="patroni", members=3, etcd={"members": 3})
    one = change("datastore:db", three, deployment={"type": "patroni", "members": 3, "etcd": {"members": 1}})
    back = step("back", to("datastore:db", three), after=("less",))

    assert broken("quorum", world(three, three, step("less", one), back)) == ["datastore:db"]
