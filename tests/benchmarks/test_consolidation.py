"""How consolidating grows with a system: 5,000 services with 40,000 dependencies become 1,000."""

from __future__ import annotations

import math
from typing import Any

import pytest

from novaplan.consolidation import Policy, consolidate
from novaplan.topology.system import Topology
from tests.generate import groups, system

SIZES = (1_250, 2_500, 5_000)
PER_SERVICE = 8
MEMBERS = 5
N_LOG_N = math.log(SIZES[-1] * math.log(SIZES[-1]) / (SIZES[0] * math.log(SIZES[0]))) / math.log(SIZES[-1] / SIZES[0])
NOISE = 0.2
"""What a busy machine may add to an exponent."""

times: dict[int, float] = {}


def policy(topology: Topology, into: int) -> Policy:
    """Neighbours become one, whatever they are written in."""
    ports = [{"name": "http", "port": 8080}, {"name": "metrics", "port": 9090, "protocol": "metrics"}]
    settings = {"image": "merged", "language": "any", "framework": "any", "namespace": "area-0000", "team": "any"}
    merged = [
        {"name": f"group-{n}", "members": members, "internal": "in-process", "settings": {**settings, "ports": ports}}
        for n, members in enumerate(groups(topology, into))
    ]
    return Policy.model_validate({"name": "big", "rules": {"timeouts": "max"}, "groups": merged})


@pytest.mark.parametrize("services", SIZES)
def test_consolidate(benchmark: Any, services: int) -> None:
    topology = system(services=services, dependencies=PER_SERVICE * services)
    plan = policy(topology, services // MEMBERS)
    benchmark.group = "consolidate"

    target = benchmark.pedantic(consolidate, args=(topology, plan), rounds=3, iterations=1, warmup_rounds=1)

    assert len(target.services) == services // MEMBERS
    assert len(target.dependencies) < len(topology.dependencies)
    if benchmark.stats is not None:  # absent with --benchmark-disable
        times[services] = benchmark.stats.stats.min


def test_growth_is_no_worse_than_n_log_n() -> None:
    if len(times) < len(SIZES):
        pytest.skip("needs the times of every size, from the test above")
    growth = math.log(times[SIZES[-1]] / times[SIZES[0]]) / math.log(SIZES[-1] / SIZES[0])

    assert growth < N_LOG_N + NOISE
