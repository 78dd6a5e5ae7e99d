"""The target's PostgreSQL, started once for the drills that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from novaplan.capacity.recovery import Scenario, recovery
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from tests.drills.postgres.patroni import Patroni, running
from tests.golden_files import ROOT


@pytest.fixture(scope="session")
def target() -> Topology:
    return load(ROOT / "topologies" / "target.yaml")


@pytest.fixture(scope="package")
def patroni(target: Topology) -> Iterator[Patroni]:
    with running(target) as found:
        yield found


def bound(topology: Topology, scenario: Scenario) -> tuple[float, float]:
    """Least and most seconds that a recovery of its PostgreSQL takes, as computed."""
    (found,) = (item for item in recovery(topology) if (item.component, item.scenario) == ("postgres", scenario))
    assert found.known
    return found.least / 1000, found.most / 1000
