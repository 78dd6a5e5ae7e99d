"""How many pods a rolling update has at most, held against one that is simulated pod by pod."""

from __future__ import annotations

import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.capacity.rolling import peak, ready_after, rolled, steps_of
from novaplan.topology.service import Container, Probe, Probes, Rollout, Service, Termination


def simulated(pods, surge, unavailable, ready, grace):
    """The most pods at once while ``pods`` old ones are replaced, as the controller of Deployments does it.

    ``ready()`` and ``grace()`` say how long the next pod takes to become ready and to be gone. The controller counts
    pods that are told to stop as gone at once.
    """
    old, fresh, new, stopping, most, now = pods, 0, 0, 0, pods, 0
    events: list[tuple[int, int, str]] = []
    number = 0
    while True:
        # Stop old pods as long as enough are ready, start new ones as long as there is room, until neither goes on.
        while True:
            if old and (old + new - 1 >= pods - unavailable):
                old, stopping, number = old - 1, stopping + 1, number + 1
                heapq.heappush(events, (now + grace(), number, "gone"))
            elif new + fresh < pods and old + new + fresh < pods + surge:
                fresh, number = fresh + 1, number + 1
                heapq.heappush(events, (now + ready(), number, "ready"))
            else:
                break
        most = max(most, old + new + fresh + stopping)
        if not events:
            assert (old, new, stopping) == (0, pods, 0)
            return most
        now = events[0][0]
        while events and events[0][0] == now:
            what = heapq.heappop(events)[2]
            if what == "ready":
                fresh, new = fresh - 1, new + 1
            else:
                stopping -= 1


steps = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(any)
milliseconds = st.integers(1, 60)


@given(st.integers(1, 30), steps, st.integers(1, 20), milliseconds)
def test_the_formula_is_the_simulated_peak(pods, step, ready, grace):
    surge, unavailable = step[0], min(step[1], pods)
    most = simulated(pods, surge, unavailable, lambda: ready, lambda: grace)
    assert peak(pods, surge, unavailable, ready=ready, grace=grace) == most


@given(st.integers(1, 30), steps, st.integers(0, 20), milliseconds, st.randoms(use_true_random=False))
def test_pods_that_take_longer_to_start_and_shorter_to_stop_never_exceed_it(pods, step, ready, grace, random):
    surge, unavailable = step[0], min(step[1], pods)
    most = simulated(pods, surge, unavailable, lambda: ready + random.randint(0, 30), lambda: random.randint(1, grace))
    assert most <= peak(pods, surge, unavailable, ready=ready, grace=grace)


@pytest.mark.parametrize(
    ("surge", "unavailable", "pods", "expected"),
    [
        ("25%", "25%", 3, (1, 0)),
        ("25%", "25%", 10, (3, 2)),
        (1, 0, 10, (1, 0)),
        (0, 0, 10, (0, 1)),
        ("0%", "1%", 10, (0, 1)),
        ("0%", "0%", 0, (0, 0)),
        (0, 12, 10, (0, 10)),
    ],
)
def test_surge_is_rounded_up_and_unavailable_down(surge, unavailable, pods, expected):
    assert steps_of(Rollout(max_surge=surge, max_unavailable=unavailable), pods) == expected


def service(**fields):
    probe = Probe(path="/ready", initial_delay="15s")
    container = Container(name="a", probes=Probes(readiness=probe))
    return Service.model_validate({"name": "a", "containers": (container,), **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # 1 more, and 45 s / 15 s = 3 old ones that are not gone yet
        ({"rollout": Rollout(max_surge=1, max_unavailable=0), "termination": Termination(grace="45s")}, 14),
        # 2 at a time, for 30 s / 15 s = 2 times; the first of them was 1 that no new one had to replace
        ({"rollout": Rollout(max_surge=1, max_unavailable=1)}, 15),
        ({"rollout": Rollout(strategy="recreate")}, 10),
        ({"workload": "statefulset"}, 10),
        ({"workload": "daemonset"}, 10),
    ],
)
def test_pods_of_a_service_in_a_rolling_update(fields, expected):
    assert rolled(service(**fields), 10) == expected


def test_without_a_readiness_probe_all_pods_may_be_there_twice():
    plain = Service(name="a", containers=(Container(name="a"),))
    assert (ready_after(plain), ready_after(service())) == (0, 15_000)
    assert rolled(plain, 10) == 20
    assert peak(0, 1, 0, ready=0, grace=1) == 0
