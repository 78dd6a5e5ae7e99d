"""How telling two systems apart grows: 5,000 services with 40,000 dependencies against the 1,000 they become."""

from __future__ import annotations

import math
from typing import Any

import pytest

from novaplan.changes.compare import diff
from novaplan.consolidation import consolidate
from tests.benchmarks.test_consolidation import MEMBERS, N_LOG_N, NOISE, PER_SERVICE, SIZES, policy
from tests.generate import system

times: dict[int, float] = {}


@pytest.mark.parametrize("services", SIZES)
def test_diff(benchmark: Any, services: int) -> None:
    current = system(services=services, dependencies=PER_SERVICE * services)
    target = consolidate(current, policy(current, services // MEMBERS))
    benchmark.group = "diff"

    found = benchmark.pedantic(diff, args=(current, target), rounds=3, iterations=1, warmup_rounds=1)

    assert (found.summary.services.current, found.summary.services.target) == (services, services // MEMBERS)
    assert found.apply(current) == target
    if benchmark.stats is not None:  # absent with --benchmark-disable
        times[services] = benchmark.stats.stats.min


def test_growth_is_no_worse_than_n_log_n() -> None:
    if len(times) < len(SIZES):
        pytest.skip("needs the times of every size, from the test above")
    growth = math.log(times[SIZES[-1]] / times[SIZES[0]]) / math.log(SIZES[-1] / SIZES[0])

    assert growth < N_LOG_N + NOISE
