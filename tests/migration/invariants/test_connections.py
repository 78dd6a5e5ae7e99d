from __future__ import annotations

from typing import Any

import pytest

from novaplan.migration.edits import set_fields
from novaplan.topology.datastore import Connections, Pooler
from tests.migration.small import broken, edge, service, short, step, system, world

SCALED = {"replicas": 2, "autoscaling": {"min": 2, "max": 4}, "rollout": {"max_surge": 1}}


def db(pool: int, *, most: int = 23, reserved: int = 3, pooler: Any = None, clients: int = 1, **web: Any) -> Any:
    names = [f"web-{index}" for index in range(clients)]
    connections = {"max": most, "reserved": reserved} | ({"pooler": pooler} if pooler else {})
    return system(
        services=[service(name, **(SCALED | web)) for name in names],
        datastores=[{"name": "db", "kind": "postgres", "connections": connections, "databases": [{"name": "shop"}]}],
        dependencies=[edge(name, "db", "writes", database="shop", pool={"max": pool}) for name in names],
    )


def test_pools_of_all_pods_and_one_more_fit_exactly() -> None:
    assert short("connections", db(4)) == []  # 4 x (4 + 1) = 23 - 3
    assert short("connections", db(5)) == ["datastore:db"]


def test_processes_count_each() -> None:
    assert short("connections", db(2, processes=2)) == []
    assert short("connections", db(2, processes=3)) == ["datastore:db"]


def test_clients_are_summed() -> None:
    assert short("connections", db(2, clients=2)) == []
    assert short("connections", db(2, clients=3)) == ["datastore:db"]


def test_a_pooler_opens_a_pool_for_each_pair() -> None:
    assert short("connections", db(90, pooler={"pool_size": 10, "max_client_connections": 900}, clients=2)) == []
    assert short("connections", db(90, pooler={"pool_size": 11, "max_client_connections": 900}, clients=2)) == [
        "datastore:db"
    ]


def test_a_pooler_takes_so_many_clients() -> None:
    assert short("connections", db(4, pooler={"pool_size": 5, "max_client_connections": 20})) == []
    assert short("connections", db(4, pooler={"pool_size": 5, "max_client_connections": 19})) == [
        "datastore:db (pooler)"
    ]


def test_sessions_hold_their_connection() -> None:
    pooler = {"pool_size": 20, "max_client_connections": 900, "mode": "session"}

    assert short("connections", db(4, pooler=pooler)) == []
    assert short("connections", db(5, pooler=pooler)) == ["datastore:db (sessions of web-0 in shop)"]


def test_too_many_at_the_start_may_not_become_more() -> None:
    much, more, fine = db(10), db(11), Connections(max=99, reserved=3)
    own = "dependency:web-0->db/writes/shop"
    pool = more.dependencies[0].pool
    assert pool is not None
    raise_limit = step("raise", set_fields("datastore:db", connections=fine))
    grow, shrink = (
        step("grow", set_fields(own, pool=pool)),
        step("shrink", set_fields(own, pool=much.dependencies[0].pool), after=("grow",)),
    )

    assert broken("connections", world(much, much, raise_limit)) == []
    assert broken("connections", world(much, much, grow, shrink, raise_limit)) == ["datastore:db"]
    later = step("grow", *grow.edits, after=("raise",))
    assert broken("connections", world(much, much, raise_limit, later, shrink)) == []


def test_a_pooler_that_comes_on_the_way_counts_from_then_on() -> None:
    much = db(10)
    pooled = Connections(max=23, reserved=3, pooler=Pooler(pool_size=20, max_client_connections=50))

    assert broken("connections", world(much, much, step("a", set_fields("datastore:db", connections=pooled)))) == []


@pytest.mark.parametrize("kind", ["kafka", "clickhouse"])
def test_a_limit_that_is_not_known_is_not_broken(kind: str) -> None:
    store = {"name": "db", "kind": kind}
    topology = system(
        services=[service("web")], datastores=[store], dependencies=[edge("web", "db", "writes", pool={"max": 10**6})]
    )

    assert short("connections", topology) == []
