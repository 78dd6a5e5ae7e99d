"""The Redis of the target, started for real."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import novaplan
from novaplan.capacity.recovery import Recovery, of_datastore
from novaplan.capacity.recovery_model import default_recovery_model
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore, Deployment
from novaplan.topology.system import Topology
from tests.drills import processes
from tests.drills.redis.pods import Cluster

PASSWORD = 'a "quoted" \\ p$ss#word'
"""With what configuration files, shells and URLs trip over."""


def bounds(store: Datastore) -> dict[str, Recovery]:
    """What is computed, by scenario."""
    return {item.scenario: item for item in of_datastore(store, default_recovery_model())}


@pytest.fixture
def target() -> Topology:
    return novaplan.load("target")


@pytest.fixture
def make_cluster(target: Topology) -> Iterator[Callable[..., Cluster]]:
    """Makes the target's Redis, with another deployment or some fields of it changed; ends it afterwards."""
    processes.program("redis-server")
    with processes.servers("redis") as house:

        def make(deployment: Deployment | None = None, **changes: object) -> Cluster:
            store = target.datastore["redis"]
            changed = replace(store, deployment=deployment or replace(store.deployment, **changes))
            return Cluster(house, target, changed, PASSWORD)

        yield make


@pytest.fixture
def cluster(make_cluster: Callable[..., Cluster]) -> Cluster:
    """It, running and in order."""
    made = make_cluster()
    made.start()
    made.settle()
    return made
