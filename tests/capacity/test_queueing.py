"""Waiting times against published tables, exact arithmetic and a simulation."""

from __future__ import annotations

import heapq
import math
import random
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from novaplan.capacity.queueing import Queue, breaking_utilisation, erlang_b, erlang_c
from novaplan.errors import InputError

# Offered load in erlangs at which 1 % of the calls are lost: the column B = 0.01 of any Erlang B table.
ERLANG_B_TABLE = [
    (1, 0.0101),
    (2, 0.153),
    (5, 1.361),
    (10, 4.461),
    (20, 12.031),
    (30, 20.337),
    (50, 37.901),
    (100, 84.064),
]


@pytest.mark.parametrize(("servers", "offered"), ERLANG_B_TABLE)
def test_erlang_b_is_that_of_the_tables(servers: int, offered: float) -> None:
    rounding = 0.0006  # the tables have three decimal places
    assert erlang_b(servers, offered - rounding) < 0.01 < erlang_b(servers, offered + rounding)


def test_the_worked_example_of_a_textbook() -> None:
    """Gross et al., section 2.3: three doctors, 6 patients an hour, 20 minutes each."""
    clinic = Queue(servers=3, arrival_rate=6 / 3600, service_time=20 * 60)
    assert clinic.utilisation == pytest.approx(2 / 3)
    assert clinic.waiting_probability == pytest.approx(4 / 9)
    assert clinic.arrival_rate * clinic.mean_wait == pytest.approx(8 / 9)  # patients in line
    assert clinic.mean_sojourn == pytest.approx(26 / 54 * 3600)


@pytest.mark.parametrize(("servers", "offered"), [(1, 0.3), (2, 1.9), (7, 3.5), (14, 10), (40, 39.5), (150, 120)])
def test_both_formulas_are_exact_sums(servers: int, offered: float) -> None:
    load = Fraction(offered)
    terms = [Fraction(1)]
    for count in range(1, servers + 1):
        terms.append(terms[-1] * load / count)
    last = terms[-1] * servers / (servers - load)
    assert erlang_b(servers, offered) == pytest.approx(float(terms[-1] / sum(terms)), rel=1e-12)
    assert erlang_c(servers, offered) == pytest.approx(float(last / (sum(terms[:-1]) + last)), rel=1e-12)


@pytest.mark.parametrize("servers", [2_000, 10_000])
def test_thousands_of_servers_neither_overflow_nor_lose_digits(servers: int) -> None:
    for utilisation in (0.01, 0.5, 0.99, 0.9999):
        inverse = Fraction(1)  # 1/B by the same recursion, in fixed point with 60 digits
        for count in range(1, servers + 1):
            inverse = Fraction(round((1 + inverse * count / Fraction(utilisation * servers)) * 10**60), 10**60)
        assert erlang_b(servers, utilisation * servers) == pytest.approx(float(1 / inverse), rel=1e-9, abs=1e-300)
        queue = Queue(servers, utilisation * servers / 0.01, 0.01)
        assert 0 <= queue.waiting_probability <= 1
        assert 0.01 <= queue.mean_sojourn <= 0.01 * (1 + 1 / (servers * (1 - utilisation)) * 1.001)
        assert math.isfinite(queue.sojourn_quantile())


def test_one_server_has_closed_forms() -> None:
    queue = Queue(1, 8.0, 0.1)
    assert queue.waiting_probability == pytest.approx(0.8)
    assert queue.mean_sojourn == pytest.approx(1 / (10 - 8))
    assert queue.sojourn_quantile(0.95) == pytest.approx(-math.log(0.05) / 2)


def test_nobody_waits_without_load() -> None:
    idle = Queue(4, 0.0, 0.1)
    assert (idle.waiting_probability, idle.mean_wait) == (0.0, 0.0)
    assert idle.sojourn_quantile(0.95) == pytest.approx(-math.log(0.05) * 0.1)


@pytest.mark.parametrize("rate", [40.0, 50.0])
def test_too_much_load_waits_for_ever(rate: float) -> None:
    queue = Queue(4, rate, 0.1)
    assert queue.waiting_probability == 1
    assert queue.mean_wait == queue.mean_sojourn == queue.sojourn_quantile() == math.inf
    assert queue.exceeds(1000) == 1


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.7), (4, 0.85), (16, 0.9)])
def test_a_simulation_agrees(servers: int, utilisation: float) -> None:
    queue = Queue(servers, utilisation * servers / 0.02, 0.02)
    waits, sojourns = _simulate(queue, requests=300_000, seed=20)
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(queue.waiting_probability, rel=0.03)
    assert sum(waits) / len(waits) == pytest.approx(queue.mean_wait, rel=0.06)
    assert sorted(sojourns)[int(0.95 * len(sojourns))] == pytest.approx(queue.sojourn_quantile(0.95), rel=0.03)


def _simulate(queue: Queue, requests: int, seed: int) -> tuple[list[float], list[float]]:
    """Waits and sojourns of requests that are served first come, first served."""
    rng = random.Random(seed)
    free = [0.0] * queue.servers  # when each server is free again
    now, waits, sojourns = 0.0, [], []
    for number in range(requests + 10_000):
        now += rng.expovariate(queue.arrival_rate)
        start = max(now, free[0])
        end = start + rng.expovariate(1 / queue.service_time)
        heapq.heapreplace(free, end)
        if number >= 10_000:  # the first ones find a system that is still filling
            waits.append(start - now)
            sojourns.append(end - now)
    return waits, sojourns


loads = st.floats(0, 300, allow_nan=False)


@given(st.integers(1, 300), loads)
def test_waiting_is_a_probability_and_falls_with_servers(servers: int, offered: float) -> None:
    one, more = erlang_c(servers, offered), erlang_c(servers + 1, offered)
    assert 0 <= more <= one <= 1
    assert 0 <= erlang_b(servers, offered) <= one


@given(st.integers(1, 200), st.floats(0.001, 0.999), st.floats(0.001, 10), st.floats(0.01, 0.999))
def test_the_quantile_inverts_the_distribution(servers: int, use: float, service: float, share: float) -> None:
    queue = Queue(servers, use * servers / service, service)
    assume(queue.utilisation < 1)
    seconds = queue.sojourn_quantile(share)
    assert queue.exceeds(seconds) == pytest.approx(1 - share, rel=1e-6, abs=1e-9)
    assert Queue(servers + 1, queue.arrival_rate, service).sojourn_quantile(share) <= seconds * (1 + 1e-9)


def test_the_distribution_is_smooth_where_its_formula_divides_by_zero() -> None:
    around = [Queue(3, offered, 1.0).exceeds(2.5) for offered in (2 - 1e-9, 2.0, 2 + 1e-9)]
    assert around == sorted(around)
    assert around[0] == pytest.approx(around[2], rel=1e-7)


@given(st.integers(1, 100), st.floats(1.05, 50))
def test_latency_breaks_above_the_breaking_utilisation(servers: int, times: float) -> None:
    limit = -math.log(0.05) * times
    edge = breaking_utilisation(servers, 1.0, limit)
    assert edge is not None
    assert 0 <= edge <= 1
    assert Queue(servers, edge * servers * 0.999, 1.0).sojourn_quantile() <= limit * (1 + 1e-6)
    if edge < 0.999:
        assert Queue(servers, edge * servers * 1.001, 1.0).sojourn_quantile() >= limit * (1 - 1e-6)


def test_of_one_server_the_breaking_utilisation_is_known() -> None:
    # The sojourn is exponential with mean s / (1 - u), so its 95th percentile is 3.0 s / (1 - u).
    assert breaking_utilisation(1, 0.01, 0.1) == pytest.approx(1 - 0.1 * -math.log(0.05))


def test_a_limit_shorter_than_service_breaks_at_any_load() -> None:
    assert breaking_utilisation(8, 0.1, 0.2) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: erlang_b(0, 1.0),
        lambda: erlang_b(True, 1.0),
        lambda: erlang_b(2.5, 1.0),  # type: ignore[arg-type]
        lambda: erlang_c(3, -1.0),
        lambda: erlang_c(3, math.nan),
        lambda: erlang_c(10**9, 1.0),
        lambda: Queue(3, -1.0, 1.0),
        lambda: Queue(3, math.inf, 1.0),
        lambda: Queue(3, 1.0, 0.0),
        lambda: Queue(3, 1.0, 1.0).sojourn_quantile(1.0),
        lambda: Queue(3, 1.0, 1.0).sojourn_quantile(95),
        lambda: breaking_utilisation(3, 1.0, -1.0),
        lambda: breaking_utilisation(3, 1.0, math.nan),
    ],
)
def test_what_is_no_queue_is_refused(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]
