"""10,000 scenarios of the sample system, in one process and in two; compare the two.

Two workers start in about a second, which the warm-up pays for: they then stay, as they do in a notebook. On a machine
with two free cores the ratio is near 2.
"""

from __future__ import annotations

from typing import Any, Protocol

import pandas
import pytest

import novaplan
from novaplan.capacity.load import load_load_model
from novaplan.capacity.prices import load_prices
from novaplan.capacity.sweeps.sweep import sweep

PARAMETERS = {
    "load": [number / 10 for number in range(1, 101)],
    "services.*.autoscaling.cpu_percent": [50, 60, 70, 80, 90],
    "services.*.autoscaling.max": [10, 12, 14, 16, 20],
    "datastores.postgres.resources.requests.cpu": ["250m", "500m", "1", "2"],
}
MEASURES = ["pods", "cost_per_month", "short_replicas"]
ROUNDS = {"rounds": 3, "iterations": 1, "warmup_rounds": 1}


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture, which has no types, that is used here."""

    def pedantic(self, target: object, args: object = (), kwargs: object = None, **rounds: int) -> Any: ...


def _run(jobs: int) -> pandas.DataFrame:
    models = {"prices": load_prices(), "load_model": load_load_model("nova-load")}
    return sweep(novaplan.load("target"), PARAMETERS, MEASURES, jobs=jobs, **models)


@pytest.fixture(scope="module")
def expected() -> pandas.DataFrame:
    return _run(jobs=1)


@pytest.mark.benchmark(group="sweep of 10,000 scenarios")
@pytest.mark.parametrize("jobs", [1, 2])
def test_sweep(benchmark: Benchmark, expected: pandas.DataFrame, jobs: int) -> None:
    frame = benchmark.pedantic(_run, (jobs,), **ROUNDS)
    assert len(frame) == 10_000
    pandas.testing.assert_frame_equal(frame, expected)
