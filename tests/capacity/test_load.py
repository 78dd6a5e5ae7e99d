"""From load to replicas, as the horizontal pod autoscaler decides, and to latency."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import novaplan
from novaplan.capacity.cost import cost
from novaplan.capacity.load import LoadModel, load_load_model, loads_load_model
from novaplan.capacity.prices import load_prices
from novaplan.capacity.scaling import hpa_replicas, under_load
from novaplan.capacity.totals import totals
from novaplan.errors import InputError, UnknownNameError
from novaplan.topology.service import Autoscaling, Compute, Container, Resources, Service
from novaplan.topology.system import Topology

LOAD = """
services:
  - name: api
    requests_per_second: 100
    requests_per_second_per_pod: 50
    peak_factor: 2
    growth_percent_per_month: 10
    queueing: {service_time_ms: 20, workers: 4, latency_limit_ms: 150}
"""


def loads(text: str = LOAD) -> LoadModel:
    return loads_load_model(text, file="load.yaml")


def system(**fields: object) -> Topology:
    main = Container(
        name="main",
        resources=Resources(requests=Compute(cpu="500m", memory="1Gi"), limits=Compute(cpu="1", memory="1Gi")),
    )
    about = {"autoscaling": Autoscaling(min=2, max=20, cpu_percent=80), "containers": (main,), "replicas": 3} | fields
    return Topology(name="shop", services=(Service(name="api", **about), Service(name="web", containers=(main,))))


@pytest.mark.parametrize(
    ("current", "metric", "target", "bounds", "expected"),
    [
        (50, 90, 75, (1, 100), 60),  # the example of Kubernetes' page on configurable tolerance
        (1, 200, 100, (1, 10), 2),  # the two examples of the page on the algorithm: twice the metric, twice the pods
        (4, 50, 100, (1, 10), 2),
        (10, 110, 100, (1, 20), 10),  # within 10 %: left alone
        (10, 111, 100, (1, 20), 12),
        (10, 90, 100, (1, 20), 10),
        (10, 89, 100, (1, 20), 9),
        (4, 500, 100, (1, 10), 10),  # max
        (4, 0, 100, (2, 10), 2),  # min
        (1, 100, 100, (3, 10), 3),  # out of bounds before anything is measured
        (0, 500, 100, (2, 10), 0),  # switched off
    ],
)
def test_replicas_are_those_of_kubernetes(
    current: int, metric: int, target: int, bounds: tuple[int, int], expected: int
) -> None:
    assert hpa_replicas(current, Fraction(metric), Fraction(target), bounds=bounds) == expected


def test_replicas_are_exact() -> None:
    assert hpa_replicas(3, Fraction(1, 10), Fraction(3, 10), bounds=(1, 9)) == 1
    assert hpa_replicas(10**6, Fraction(3), Fraction(1), bounds=(1, 10**9)) == 3 * 10**6


@pytest.mark.parametrize("target", [0, -1])
def test_an_autoscaler_without_a_target_is_refused(target: int) -> None:
    with pytest.raises(InputError):
        hpa_replicas(1, Fraction(1), Fraction(target), bounds=(1, 2))


def test_load_becomes_replicas() -> None:
    plan = under_load(system(), loads())
    found = plan.services[0]
    # 200/s at the peak, 50/s per pod at 100 %, so 40/s at the target of 80 %.
    assert (found.peak, found.replicas_before, found.needed, found.replicas) == (200, 3, 5, 5)
    assert found.utilisation == 0.8
    assert plan.topology.service["api"].replicas == 5
    assert plan.unmodelled == ("web",)
    assert totals(plan.topology).total.pods == 6
    assert cost(plan.topology, load_prices()).total > cost(system(), load_prices()).total


def test_the_topology_itself_stays_as_it_is() -> None:
    before = system()
    assert before.service["api"].replicas == 3
    under_load(before, loads(), multiplier=4)
    assert before == system()


def test_multiplier_and_months_are_exact() -> None:
    found = under_load(system(), loads(), multiplier=1.1, months=2).services[0]
    assert found.peak == Fraction(200) * Fraction(11, 10) ** 3


def test_more_than_the_bounds_allow() -> None:
    found = under_load(system(), loads(), multiplier=10).services[0]
    assert (found.needed, found.replicas, found.short) == (50, 20, 30)
    assert found.throttled is False
    assert under_load(system(), loads(), multiplier=11).services[0].throttled is True
    text = under_load(system(), loads(), multiplier=11).table().text(200)
    assert "short of replicas; throttled at its CPU limit" in text


def test_without_an_autoscaler_replicas_stay() -> None:
    found = under_load(system(autoscaling=None), loads()).services[0]
    assert (found.replicas, found.needed, found.short, found.note) == (3, 4, 1, "")


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"replicas": 0}, "switched off"),
        ({"workload": "daemonset"}, "a daemonset is not scaled"),
        ({"autoscaling": Autoscaling(min=1, max=9, memory_percent=80)}, "not scaled by CPU"),
        ({"containers": (Container(name="main"),)}, "requests no CPU"),
        ({"containers": ()}, "requests no CPU"),
    ],
)
def test_an_autoscaler_that_cannot_act_says_why(fields: dict[str, object], note: str) -> None:
    found = under_load(system(**fields), loads()).services[0]
    assert found.replicas == found.replicas_before
    assert note in found.note


def test_no_pod_serves_nothing() -> None:
    found = under_load(system(replicas=0), loads()).services[0]
    assert found.utilisation == math.inf
    assert found.queue is None
    assert found.to_dict()["latency_seconds"] is None
    assert "no pod" in under_load(system(replicas=0), loads()).table().text(200)


def test_latency_at_the_peak() -> None:
    found = under_load(system(), loads()).services[0]
    assert found.queue is not None
    assert (found.queue.servers, found.queue.arrival_rate) == (4, 40.0)  # one pod, its share of 200/s
    assert found.latency == found.queue.sojourn_quantile(0.95)
    assert found.latency_limit == 0.15
    assert found.breaks_at is not None
    assert 0 < found.queue.utilisation < found.breaks_at < 1


def test_one_line_for_all_pods_is_shorter() -> None:
    shared = loads(LOAD.replace("workers: 4,", "workers: 4, balancing: shared,"))
    pooled, apart = under_load(system(), shared).services[0], under_load(system(), loads()).services[0]
    assert pooled.queue is not None
    assert pooled.queue.servers == 20
    assert pooled.latency is not None
    assert apart.latency is not None
    assert pooled.latency < apart.latency


def test_a_limit_that_no_load_keeps_breaks_at_zero() -> None:
    found = under_load(system(), loads(LOAD.replace("latency_limit_ms: 150", "latency_limit_ms: 30"))).services[0]
    assert found.breaks_at == 0.0


def test_without_queueing_no_latency_is_told() -> None:
    text = "\n".join(line for line in LOAD.splitlines() if "queueing" not in line)
    found = under_load(system(), loads(text)).services[0]
    assert (found.queue, found.latency, found.breaks_at) == (None, None, None)


def test_json_and_frame_say_that_loads_are_examples() -> None:
    plan = under_load(system(), loads(), multiplier=1000)
    found = json.loads(json.dumps(plan.to_dict(), allow_nan=False))
    assert (found["format"], found["example"], found["unmodelled"]) == ("novaplan/load-plan/v1", True, ["web"])
    assert found["services"][0]["stable"] is False
    assert found["services"][0]["latency_seconds"] is None
    assert "(example loads)" in plan.table().title
    assert list(plan.frame()["replicas"]) == [20]
    real = LOAD + "    example: false\n    source: load test of May\n"
    assert under_load(system(), loads(real)).to_dict()["example"] is False


@given(
    st.fractions(0, 100), st.fractions(0, 100), st.integers(0, 40), st.integers(1, 5), st.integers(0, 30), st.booleans()
)
def test_more_load_never_takes_fewer_replicas(
    one: Fraction, other: Fraction, replicas: int, low: int, more: int, scaled: bool
) -> None:
    scaling = Autoscaling(min=low, max=low + more, cpu_percent=70) if scaled else None
    topology = system(replicas=replicas, autoscaling=scaling)
    less, most = (under_load(topology, loads(), multiplier=times).services[0] for times in sorted((one, other)))
    assert less.replicas <= most.replicas
    assert less.needed <= most.needed
    assert less.short <= most.short
    if scaled and replicas:
        assert low <= less.replicas <= low + more


@pytest.mark.parametrize("name", ["current", "target"])
def test_the_example_loads_are_about_both_sides(name: str) -> None:
    plan = under_load(novaplan.load(name), load_load_model("nova-load"))
    assert plan.example
    assert all(item.load.source is not None and "example" in item.load.source for item in plan.services)
    assert sum(item.replicas for item in plan.services) > sum(item.replicas_before for item in plan.services)


def test_an_entry_for_one_topology_stands_above_one_for_all() -> None:
    text = LOAD + "  - {name: api, topologies: [shop], requests_per_second: 7, requests_per_second_per_pod: 50}\n"
    assert under_load(system(), loads(text)).services[0].peak == 7


def test_an_unknown_service_is_told_with_the_nearest_name_and_its_line() -> None:
    text = LOAD + "  - {name: webb, requests_per_second: 1, requests_per_second_per_pod: 1}\n"
    with pytest.raises(UnknownNameError) as caught:
        under_load(system(), loads(text))
    assert (
        str(caught.value)
        == "load.yaml:9: services[webb].name: there is no service 'webb' in shop (did you mean 'web'?)"
    )


def test_a_model_about_other_topologies_is_refused() -> None:
    with pytest.raises(InputError, match=r"says nothing about the topology 'shop' \(did you mean 'shops'\?\)"):
        under_load(system(), loads(LOAD + "    topologies: [shops]\n"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("per_second: 100", "per_second: -1", "services[api].requests_per_second: -1 is negative"),
        ("per_pod: 50", "per_pod: 0", "services[api]: requests_per_second_per_pod should be above 0"),
        ("factor: 2", "factor: 0.5", "services[api]: peak_factor should be 1 or more"),
        ("service_time_ms: 20", "service_time_ms: 0", "services[api].queueing: service_time_ms should be above 0"),
        ("workers: 4", "workers: 0", "services[api].queueing.workers: should be greater than or equal to 1"),
        ("workers: 4", "worker: 4", "services[api].queueing.worker: is not a known field (did you mean 'workers'?)"),
        (
            "workers: 4",
            "workers: 4, balancing: fair",
            "services[api].queueing.balancing: should be 'random' or 'shared'",
        ),
        (
            "    peak_factor: 2",
            "    example: false",
            "services[api]: says example: false, so it should name its source",
        ),
    ],
)
def test_a_wrong_load_is_told_by_field(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        loads(LOAD.replace(old, new))
    assert message in str(caught.value)
    assert str(caught.value).startswith("load.yaml:")


def test_a_load_that_is_stated_twice_is_refused() -> None:
    entry = LOAD.partition("services:\n")[2]
    with pytest.raises(InputError, match="the load of api is stated twice"):
        loads(LOAD + entry)


@pytest.mark.parametrize(
    "wrong", [{"multiplier": -1}, {"multiplier": "much"}, {"multiplier": True}, {"multiplier": math.nan}]
)
def test_a_multiplier_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="a load multiplier should be a number"):
        under_load(system(), loads(), **wrong)


@pytest.mark.parametrize("months", [-1, 601, 1.5, True])
def test_months_that_make_no_sense_are_refused(months: object) -> None:
    with pytest.raises(InputError, match="months should be a whole number"):
        under_load(system(), loads(), months=months)
