"""Real servers take the configuration: what Redis does not understand ends it at once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from novaplan.topology.base import replace
from tests.drills import processes
from tests.drills.redis.pods import Cluster
from tests.render.examples import system
from tests.render.redis.examples import cache, context, sentinel

STORES: dict[str, dict[str, Any]] = {
    "nothing said": {},
    "everything said": {
        "port": 7001,
        "memory": {"max": "64Mi", "eviction": "volatile-lfu"},
        "persistence": {"append_only": True, "snapshots": True},
        "connections": {"max": 50},
        "logical_dbs": [{"index": 99}],
    },
    "sentinels": {
        **sentinel(members=1, sentinels=1, quorum=1, parallel_syncs=2, min_replicas_max_lag="1500ms"),
        "memory": {"max": "64Mi", "eviction": "noeviction"},
    },
}


@pytest.mark.parametrize("name", STORES)
def test_servers_run_with_it(name: str) -> None:
    where = context(STORES[name])
    run(Cluster, where.topology, cache(where))


def test_servers_run_with_that_of_the_target() -> None:
    topology = system("target")
    store = topology.datastore["redis"]
    small = replace(store, deployment=replace(store.deployment, members=1, sentinels=1, quorum=1))
    run(Cluster, topology, small)


def run(make: type[Cluster], topology: Any, store: Any) -> None:
    processes.program("redis-server")
    with processes.servers("redis") as house:
        cluster = make(house, topology, store, "secret")
        [pod] = cluster.pods.values()
        # Sentinels first, so that the server need not ask for them.
        for container in sorted(pod.containers, reverse=True):
            cluster.start(pod.name, container=container)
        processes.eventually(lambda: cluster.role(pod.name) == "master", "the server answers", within=20)
        time.sleep(1)
        for process in pod.running.values():
            assert process.alive, process.output()
        with cluster.client(pod.name) as client:
            told = client.command("CONFIG", "GET", "maxmemory*")
        assert isinstance(told, list)
        assert told[told.index("maxmemory") + 1] == str(store.memory.max or 0)
        assert told[told.index("maxmemory-policy") + 1] == (store.memory.eviction or "noeviction")
