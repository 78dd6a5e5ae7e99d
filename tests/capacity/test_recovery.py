"""Times of recovery follow the bounds that were measured."""

from __future__ import annotations

import pytest
from hypothesis import given

from novaplan.capacity.recovery import SCENARIOS, recovery
from novaplan.capacity.recovery_model import Span, default_recovery_model, load_recovery_model
from novaplan.documents import files
from novaplan.errors import InputError
from novaplan.topology.base import replace
from novaplan.topology.storage import load, loads
from novaplan.topology.system import Topology
from tests.strategies import topologies

AT_ONCE = Span(min="0s", max="0s", source="clients know at once")


def model(**patroni):
    """The measured bounds alone: clients and proxy that take no time of their own, unless said otherwise."""
    found = default_recovery_model()
    redis = replace(found.redis, client_poll=AT_ONCE)
    return replace(found, redis=redis, patroni=replace(found.patroni, client_retry=AT_ONCE, **patroni))


def of(text: str, scenario: str, times=None):
    found = recovery(loads(f"datastores: [{{name: db, {text}}}]"), times)
    return next(item for item in found if item.scenario == scenario)


def seconds(item) -> tuple[float, float]:
    return item.least / 1000, item.most / 1000


SENTINEL = "kind: redis, deployment: {type: sentinel, members: 3, sentinels: 3, quorum: 2, down_after: 5s}"


@pytest.mark.parametrize(
    ("scenario", "measured", "bound"),
    [
        ("killed", [5.54, 6.29, 6.46, 5.48, 6.16, 6.28, 5.91, 6.33, 6.06, 6.15, 7.22], (5.2, 7.8)),
        ("stopped", [6.65, 7.41, 7.49], (5.2, 17.8)),
        ("silent", [6.06, 6.15, 7.22], (5.2, 9.8)),
        ("handed over", [1.3, 3.0], (1.3, 3.0)),
    ],
)
def test_redis(scenario, measured, bound) -> None:
    found = of(SENTINEL, scenario, model())
    assert seconds(found) == bound
    assert all(found.least <= 1000 * time <= found.most for time in measured)
    assert found.planned == (scenario in ("stopped", "handed over"))
    assert all(term.source for term in found.terms)


EXAMPLE = {"proxy_interval": 3000, "proxy_rise": 2}
"""How Patroni's own example for HAProxy checks."""


@pytest.mark.parametrize(
    ("times", "proxy", "promoted", "bound"),
    [
        ("ttl: 30s, loop_wait: 10s", EXAMPLE, [25.5, 32.0, 33.3, 25.0, 28.1, 33.8], (23, 40)),
        ("ttl: 20s, loop_wait: 5s", {}, [17.1, 18.8, 20.2], (15, 25)),
        ("ttl: 20s, loop_wait: 5s", EXAMPLE, [21.9, 22.3, 22.8], (18, 30)),
    ],
)
def test_patroni(times, proxy, promoted, bound) -> None:
    found = of(f"kind: postgres, deployment: {{type: patroni, members: 3, {times}}}", "killed", model(**proxy))
    assert seconds(found) == bound
    assert all(found.least <= 1000 * time <= found.most for time in promoted)


def test_patroni_hands_over() -> None:
    found = of("kind: postgres, deployment: {type: patroni, members: 3}", "stopped", model())
    assert seconds(found) == (1, 4)
    assert found.least <= 2200 <= found.most


@pytest.mark.parametrize(
    ("text", "scenario", "never"),
    [
        ("kind: redis", "killed", "there is one server"),
        ("kind: postgres, deployment: {type: cluster, members: 3, failover: false}", "killed", "none of its 3 servers"),
        (SENTINEL.replace("members: 3", "members: 1"), "killed", "there is no replica"),
        (SENTINEL.replace("sentinels: 3", "sentinels: 2"), "stopped", "1 of 2 Sentinels are left and 2 must agree"),
        (
            SENTINEL.replace("members: 3", "members: 2, min_replicas_to_write: 1"),
            "killed",
            "the new master would have 0 replicas, and refuses writes below 1",
        ),
        ("kind: postgres, deployment: {type: patroni, members: 1}", "killed", "there is no standby"),
        (
            "kind: postgres, deployment: {type: patroni, members: 2, etcd: {members: 2}}",
            "silent",
            "a node may take one of 2 etcd members",
        ),
    ],
)
def test_what_never_recovers_by_itself_says_why(text, scenario, never) -> None:
    found = of(text, scenario)
    assert found.never.startswith(never)
    assert (found.known, found.terms, found.to_dict()["recovers"]) == (False, (), False)
    assert found.to_dict()["max_milliseconds"] is None


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("kind: redis, deployment: {type: managed}", "a provider runs it"),
        ("kind: elasticsearch, deployment: {type: cluster, members: 3}", "there is no model of how elasticsearch"),
        ("kind: kafka, deployment: {type: kafka, brokers: 3}", "there is no model of how kafka"),
    ],
)
def test_what_is_not_known_says_why(text, unknown) -> None:
    found = of(text, "killed")
    assert found.unknown.startswith(unknown)
    assert found.to_dict()["recovers"] is None


def test_one_sentinel_less_leaves_enough() -> None:
    separate = SENTINEL.replace("sentinels: 3", "sentinels: 2").replace("quorum: 2", "quorum: 2, placement: separate")
    assert of(separate, "stopped").known


def service(text: str, scenario: str):
    found = recovery(loads(f"services: [{{name: api, {text}}}]"))
    return next(item for item in found if item.scenario == scenario)


PROBED = (
    "termination: {grace: 30s}, containers: [{name: a, probes: {startup: {period: 5s}, "
    "readiness: {initial_delay: 15s, period: 5s}, liveness: {period: 10s, timeout: 2s}}}]"
)


def test_pods() -> None:
    """Of the times: 0 to 2 s to restart, 0 to 10 s to start, 0 to 5 s to be noticed, 15 to 20 s to be ready."""
    assert seconds(service(PROBED, "crashed")) == (15, 37)
    # 20 to 32 s until the probe has failed three times, 0 to 30 s to stop
    assert seconds(service(PROBED, "hung")) == (35, 99)
    assert seconds(service(PROBED, "deleted")) == (15, 100)
    assert seconds(service(PROBED, "node lost")) == (355, 455)


@pytest.mark.parametrize(
    ("text", "scenario", "never"),
    [
        ("workload: pod", "deleted", "nothing replaces a pod"),
        ("workload: daemonset", "node lost", "a pod of a daemon set"),
        ("workload: statefulset", "node lost", "a stateful set keeps the name"),
        ("replicas: 1", "hung", "no liveness probe"),
    ],
)
def test_pods_that_nothing_replaces(text, scenario, never) -> None:
    assert service(text, scenario).never.startswith(never)


def test_the_target() -> None:
    found = {(item.component, item.scenario): item for item in recovery(load("target"))}
    assert seconds(found["redis", "killed"]) == (5.2, 8.8)
    assert seconds(found["postgres", "killed"]) == (15, 26)


@given(topologies())
def test_every_time_is_the_sum_of_its_terms(topology: Topology) -> None:
    for item in recovery(topology):
        assert item.scenario in SCENARIOS
        assert 0 <= item.least <= item.most
        assert sum(bool(way) for way in (item.known, item.never, item.unknown)) == 1
        assert bool(item.terms) == item.known


def test_a_model_that_contradicts_itself_is_told(tmp_path) -> None:
    text = files.resolve("recovery", "models").read_text()
    file = tmp_path / "recovery.yaml"
    file.write_text(text.replace("tick: {min: 0s, max: 200ms", "tick: {min: 3s, max: 200ms"))
    with pytest.raises(InputError, match=r"recovery.yaml:\d+: redis.tick: min 3s is above max 200ms; swap them"):
        load_recovery_model(file)
    file.write_text(text.replace("proxy_interval: 1s", "proxy_interval: 3 fortnights"))
    with pytest.raises(InputError, match=r"patroni.proxy_interval: '3 fortnights' is not a duration"):
        load_recovery_model(file)
