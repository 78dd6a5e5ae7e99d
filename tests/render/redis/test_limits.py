"""What could not run is refused in one line; what runs with a risk is said."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.errors import InputError
from novaplan.render.datastores import redis
from tests.render.redis.examples import cache, context, objects, sentinel


@pytest.mark.parametrize(
    ("store", "field", "words"),
    [
        ({"memory": {"eviction": "all-keys-lru"}}, "memory.eviction", "did you mean 'allkeys-lru'?"),
        (
            {"memory": {"max": "512Mi"}, "resources": {"limits": {"memory": "512Mi"}}},
            "memory.max",
            "512Mi of data do not fit a memory limit of 512Mi",
        ),
        ({"logical_dbs": [{"index": 2**31 - 1}]}, "logical_dbs", "more than Redis can keep"),
        ({"connections": {"pooler": {"pool_size": 5}}}, "connections.pooler", "no pooler for Redis"),
        (sentinel(members=2), "deployment.sentinels", "3 Sentinels cannot stand beside 2 members"),
        ({**sentinel(), "port": 26379}, "port", "the Sentinel in the same pod"),
        (sentinel(down_after="0s"), "deployment.down_after", "does not start with 0"),
        (sentinel(failover_timeout="0s"), "deployment.failover_timeout", "does not start with 0"),
    ],
)
def test_refused(store: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        objects(context(store))
    [problem] = caught.value.problems
    assert problem.field == f"datastores.cache.{field}"
    assert words in problem.message


def test_the_way_out_of_each_refusal_works() -> None:
    assert objects(context(sentinel(members=2, placement="separate")))
    assert objects(context({**sentinel(placement="separate"), "port": 26379}))
    assert objects(context({"memory": {"max": "511Mi"}, "resources": {"limits": {"memory": "512Mi"}}}))


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ({"resources": {"limits": {"memory": "512Mi"}}}, "no memory.max"),
        (
            {
                "memory": {"max": "300Mi"},
                "resources": {"limits": {"memory": "512Mi"}},
                "persistence": {"snapshots": True},
                "storage": "1Gi",
            },
            "300Mi of data leave no head-room for a fork in 512Mi; at worst it takes 600Mi",
        ),
        ({"persistence": {"append_only": True}}, "gone when its pod is deleted"),
        (sentinel(min_replicas_to_write=1, min_replicas_max_lag="10s", down_after="5s"), "for 10s, and they are lost"),
        (sentinel(min_replicas_to_write=3), "takes 3 replicas, and there are 2"),
    ],
)
def test_warned(store: dict[str, Any], words: str) -> None:
    where = context(store)
    [warning] = redis.warnings(where, cache(where))
    assert words in warning
    assert objects(where)


@pytest.mark.parametrize("store", [
    {},
    {"memory": {"max": "256Mi"}, "resources": {"limits": {"memory": "512Mi"}}, "storage": "1Gi",
     "persistence": {"snapshots": True, "append_only": True},
     **sentinel(min_replicas_to_write=1, min_replicas_max_lag="5s", down_after="5s")},
    {"memory": {"max": "300Mi"}, "resources": {"limits": {"memory": "512Mi"}}},  # never forks
])  # fmt: skip
def test_nothing_to_warn_of(store: dict[str, Any]) -> None:
    where = context(store)
    assert redis.warnings(where, cache(where)) == []
