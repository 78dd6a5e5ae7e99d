"""Sweeps: every combination, in one order, however they are computed."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable

import joblib
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import novaplan
from novaplan.capacity.cost import cost
from novaplan.capacity.load import LoadModel, load_load_model
from novaplan.capacity.prices import Prices, load_prices
from novaplan.capacity.scaling import under_load
from novaplan.capacity.sweeps import measures as registry
from novaplan.capacity.sweeps.measures import Measure, known_parts, totals_of
from novaplan.capacity.sweeps.parameters import resolve
from novaplan.capacity.sweeps.plot import plot
from novaplan.capacity.sweeps.sweep import sweep
from novaplan.capacity.totals import totals
from novaplan.errors import InputError, MissingExtraError, UnknownNameError
from novaplan.topology.system import Topology
from tests import strategies


@pytest.fixture(scope="module")
def target() -> Topology:
    return novaplan.load("target")


@pytest.fixture(scope="module")
def prices() -> Prices:
    return load_prices()


@pytest.fixture(scope="module")
def load_model() -> LoadModel:
    return load_load_model("nova-load")


def test_every_combination_is_one_row(target: Topology) -> None:
    frame = sweep(
        target, {"services.api-service.replicas": [2, 3], "datastores.redis.deployment.members": [3, 5]}, ["pods"]
    )
    assert list(frame.columns) == ["datastores.redis.deployment.members", "services.api-service.replicas", "pods"]
    before = totals(target).total.pods
    assert frame.to_numpy().tolist() == [[3, 2, before - 1], [3, 3, before], [5, 2, before + 1], [5, 3, before + 2]]


def test_no_parameter_is_one_scenario(target: Topology) -> None:
    frame = sweep(target, {}, ["pods"])
    assert frame["pods"].tolist() == [totals(target).total.pods]


def test_measures_are_those_of_the_models_applied_one_by_one(
    target: Topology, prices: Prices, load_model: LoadModel
) -> None:
    loads, percents = [0.5, 1, 3], [50, 90]
    wanted = ["pods", "cost_per_month", "replicas", "short_replicas", "worst_utilisation", "worst_latency_seconds"]
    parameters = {"load": loads, "services.*.autoscaling.cpu_percent": percents}
    frame = sweep(target, parameters, wanted, prices=prices, load_model=load_model)
    assert len(frame) == 6
    for (_, row), (load, percent) in zip(frame.iterrows(), itertools.product(loads, percents), strict=True):
        body = target.to_dict()
        for service in body["services"]:
            if "autoscaling" in service:
                service["autoscaling"]["cpu_percent"] = percent
        plan = under_load(Topology(**body), load_model, multiplier=load)
        latencies = [item.latency for item in plan.services if item.latency is not None]
        expected = {
            "load": load,
            "services.*.autoscaling.cpu_percent": percent,
            "pods": totals(plan.topology).total.pods,
            "cost_per_month": float(round(cost(plan.topology, prices).total, 2)),
            "replicas": sum(service.replicas for service in plan.topology.services),
            "short_replicas": sum(item.short for item in plan.services),
            "worst_utilisation": max(item.utilisation for item in plan.services),
            "worst_latency_seconds": max(latencies),
        }
        assert row.to_dict() == expected


def test_the_topology_itself_stays_as_it_is(target: Topology) -> None:
    before = target.digest
    sweep(target, {"services.*.replicas": [1, 9]})
    assert target.digest == before


@pytest.mark.parametrize(
    ("path", "values", "read"),
    [
        ("services.api-service.containers.*.resources.requests.cpu", ["250m", 1], lambda t: t.services[0].main),
        ("services.*.autoscaling", [None, {"min": 1, "max": 2}], lambda t: t.services[0].autoscaling),
        ("datastores.postgres.storage", ["1Gi", "20Gi"], lambda t: t.datastore["postgres"].storage),
        ("datastores.redis.logical_dbs.0.durable", [False, True], lambda t: t.datastore["redis"].logical_dbs[0]),
        ("dependencies.api-service->postgres.pool.max", [5, 10], lambda t: t.dependencies),
        ("services.realtime-*.replicas", [1, 2], lambda t: t.service["realtime-service"].replicas),
    ],
)
def test_paths_lead_to_every_kind_of_field(
    target: Topology, path: str, values: list[object], read: Callable[[Topology], object]
) -> None:
    parameter = resolve(path, values, {"topology": target}, ())
    first, second = (parameter.apply({"topology": target}, choice)["topology"] for choice in (0, 1))
    assert isinstance(first, Topology)
    assert isinstance(second, Topology)
    assert read(first) != read(second)
    assert Topology(**first.to_dict()) == first


def test_prices_and_loads_can_vary_too(target: Topology, prices: Prices, load_model: LoadModel) -> None:
    frame = sweep(
        target,
        {"prices.vcpu_month.amount": [0, "10.5"], "load_model.services.*.peak_factor": [1, 4]},
        ["cost_per_month", "replicas"],
        prices=prices,
        load_model=load_model,
    )
    assert frame["replicas"].tolist()[0] < frame["replicas"].tolist()[2]
    assert frame["cost_per_month"].tolist()[0] < frame["cost_per_month"].tolist()[1]


def test_months_grow_the_load(target: Topology, load_model: LoadModel) -> None:
    frame = sweep(target, {"months": [0, 12, 24]}, ["worst_utilisation"], load_model=load_model)
    assert frame["worst_utilisation"].is_monotonic_increasing


def test_the_specific_path_stands_above_the_wild_one(target: Topology) -> None:
    both = {"services.api-service.replicas": [7], "services.*.replicas": [1]}
    for parameters in (both, dict(reversed(both.items()))):
        assert sweep(target, parameters, ["replicas"])["replicas"].tolist() == [9]


@settings(max_examples=10)
@given(st.data())
def test_results_depend_neither_on_jobs_nor_on_the_order_of_the_mapping(data: st.DataObject) -> None:
    target, load_model = novaplan.load("target"), load_load_model("nova-load")
    parameters = {
        "load": data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4)),
        "services.*.replicas": data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4)),
        "services.api-service.autoscaling.cpu_percent": data.draw(st.lists(st.integers(1, 99), min_size=1, max_size=3)),
    }
    shuffled = dict(data.draw(st.permutations(list(parameters.items()))))
    wanted = ["pods", "short_replicas"]
    expected = sweep(target, parameters, wanted, load_model=load_model)
    with joblib.parallel_config(backend="threading"):
        for jobs in (2, 3):
            found = sweep(target, shuffled, wanted, load_model=load_model, jobs=jobs)
            pandas.testing.assert_frame_equal(found, expected)
    assert found.attrs == expected.attrs


def test_processes_give_the_same_rows(target: Topology, prices: Prices) -> None:
    parameters = {"services.*.replicas": range(1, 8), "datastores.postgres.storage": ["1Gi", "2Gi", "3Gi"]}
    wanted = ["pods", "cost_per_month", "storage_bytes"]
    expected = sweep(target, parameters, wanted, prices=prices)
    pandas.testing.assert_frame_equal(sweep(target, parameters, wanted, prices=prices, jobs=2), expected)
    custom = {"storage": lambda topology: topology.datastore["postgres"].storage}
    pandas.testing.assert_frame_equal(sweep(target, parameters, custom, jobs=2), sweep(target, parameters, custom))


def test_joblib_decides_where_it_runs(target: Topology) -> None:
    seen: list[str] = []

    class Recording(joblib._parallel_backends.ThreadingBackend):  # type: ignore[misc]
        def configure(self, *arguments: object, **options: object) -> object:
            seen.append("ran here")
            return super().configure(*arguments, **options)

    joblib.register_parallel_backend("recording", Recording)
    with joblib.parallel_config(backend="recording", n_jobs=2):
        frame = sweep(target, {"services.*.replicas": [1, 2, 3]}, ["replicas"])
    assert seen == ["ran here"]
    assert frame["replicas"].tolist() == [3, 6, 9]


def test_attributes_name_what_the_columns_are(target: Topology, prices: Prices, load_model: LoadModel) -> None:
    frame = sweep(target, {"load": [1]}, ["pods", "cost_per_month"], prices=prices, load_model=load_model)
    assert frame.attrs == {
        "parameters": ["load"],
        "measures": {"pods": "pods", "cost_per_month": "USD"},
        "examples": ["prices", "loads"],
    }
    assert sweep(target, {}, ["pods"]).attrs["examples"] == []


def test_a_new_measure_is_one_function(target: Topology, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MEASURES", dict(registry.MEASURES))

    @registry.measure("services", "services")
    def services(scenario: registry.Scenario) -> int:
        return len(scenario.topology.services)

    def stores(topology: Topology) -> int:
        return len(topology.datastores)

    frame = sweep(target, {}, ["services", stores, Measure("one", "", lambda scenario: 1)])
    assert frame.to_numpy().tolist() == [[3, len(target.datastores), 1]]


def test_pooled_connections_are_pools_times_processes_times_replicas(target: Topology) -> None:
    frame = sweep(target, {"services.*.replicas": [1, 2]}, ["pooled_connections"])
    one, two = frame["pooled_connections"]
    assert two == 2 * one > 0


@given(strategies.topologies(), strategies.topologies())
def test_totals_with_known_parts_are_the_totals(topology: Topology, other: Topology) -> None:
    assert totals_of(topology, known_parts(topology)) == totals(topology) == totals_of(topology, {})
    assert totals_of(topology, known_parts(other)) == totals(topology)


def test_kinds_of_nodes_can_vary(target: Topology) -> None:
    nodes = pytest.importorskip("novaplan.capacity.nodes").load_nodes("nodes")
    wanted = ["nodes_at_least", "node_cost_at_least_per_month"]
    parameters = {"nodes.kind": ["small", "large"], "services.*.replicas": [2, 20]}
    frame = sweep(target, parameters, wanted, nodes=nodes)
    cpu = [4200 - 500, 4200 - 500 + 18 * 1000]  # api-service has 3 replicas of 500m, the other two 2 of 250m
    kinds = [nodes.kind(name) for name in ("small", "large")]
    assert frame["nodes_at_least"].tolist() == [-(-used // kind.cpu) for kind in kinds for used in cpu]
    assert frame["node_cost_at_least_per_month"][0] == frame["nodes_at_least"][0] * 60
    assert frame.attrs["examples"] == ["node prices"]
    with pytest.raises(InputError, match="did you mean 'small'"):
        sweep(target, {"nodes.kind": ["smal"]}, wanted, nodes=nodes)


def test_a_study_with_values_of_numpy(target: Topology) -> None:
    numpy = pytest.importorskip("numpy")
    frame = sweep(target, {"services.*.replicas": numpy.arange(1, 4)}, ["replicas"])
    assert frame["replicas"].tolist() == [3, 6, 9]
    assert sweep(target, {"services.*.replicas": pandas.Series([4])}, ["replicas"])["replicas"].tolist() == [12]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("services.api-service.replcas", "Service has no field 'replcas' (did you mean 'replicas'?)"),
        ("services.*.autoscaling.cpu", "Autoscaling has no field 'cpu'"),
        ("services.*.autoscaling.cpu_procent", "(did you mean 'cpu_percent'?)"),
        ("service.api-service.replicas", "nothing called 'service' to vary (did you mean 'services'?)"),
        ("services.api-servise.replicas", "nothing called 'api-servise' in services (did you mean 'api-service'?)"),
        ("services.x*.replicas", "nothing called 'x*' in services"),
        ("services.api-service", "is a whole Service; name one of its fields: description, "),
        ("services", "holds several parts; name one and a field of it"),
        ("datastores.postgres.deployment.member", "Patroni has no field 'member' (did you mean 'members'?)"),
        ("laod", "(did you mean 'load'?)"),
        ("", "nothing called '' to vary"),
        ("prices.vcpu.amount", "nothing called 'prices' to vary"),
    ],
)
def test_a_field_that_does_not_exist_is_told_with_the_nearest_name(target: Topology, path: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        sweep(target, {path: [1]})
    assert message in str(caught.value)
    assert caught.value.problems[0].field == path


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"services.*.replicas": [-1]}, "services.*.replicas: -1: should be greater than or equal to 0"),
        ({"services.*.replicas": ["three"]}, "'three': should be a valid integer"),
        ({"services.*.replicas": []}, "has no values"),
        ({"services.*.replicas": 3}, "needs a list of values, not 3"),
        ({"services.*.replicas": "123"}, "needs a list of values"),
        ({"datastores.postgres.storage": ["lots"]}, "'lots' is not a quantity"),
        ({"services.*.autoscaling": [{"min": 1, "max": 2, "men": 3}]}, "(men): Extra inputs are not permitted"),
        ({"services.*.name": ["x"]}, "'name' says which part it is"),
        ({"dependencies.*.server": ["x"]}, "'server' says which part it is"),
        ({"services.streaming-service.autoscaling.max": [3]}, "autoscaling is not stated here; vary"),
        ({"services.*.autoscaling.max": [9], "services.*.autoscaling.min": [2, 10]}, "min 10 is above max 9"),
        ({"services.api-service.namespace": ["nowhere"]}, "there is no namespace 'nowhere'"),
        ({"load": [1]}, "load: needs load_model"),
        ({"months": [1]}, "months: needs load_model"),
        ({"nodes.kind": ["small"]}, "nodes.kind: needs nodes"),
        ({f"services.{name}.replicas": range(300) for name in ("a*", "r*", "s*")}, "scenarios are more than"),
    ],
)
def test_what_cannot_be_swept_is_told(target: Topology, parameters: dict[str, list[object]], message: str) -> None:
    with pytest.raises(InputError) as caught:
        sweep(target, parameters)
    assert message in str(caught.value)


def test_a_combination_that_makes_no_system_names_its_values(target: Topology) -> None:
    with pytest.raises(InputError, match=r"with services\.\*\.autoscaling\.min = 99") as caught:
        sweep(target, {"services.*.autoscaling.min": [2, 99]}, jobs=2)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        (["podz"], "there is no measure 'podz' (did you mean 'pods'?)"),
        (["cost_per_month"], "the measure 'cost_per_month' needs prices"),
        (["worst_utilisation"], "needs load_model"),
        (["nodes_at_least"], "needs nodes.kind: vary 'nodes.kind'"),
        (["pods", "pods"], "'pods' is measured twice"),
        ([], "nothing is measured"),
        ([lambda topology: 1], "a function without a name needs one"),
        ([3], "a function without a name needs one"),
        ({"services.*.replicas": lambda topology: 1}, "a measure has the name of a parameter"),
    ],
)
def test_what_cannot_be_measured_is_told(target: Topology, measures: list[object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        sweep(target, {"services.*.replicas": [1]}, measures)
    assert message in str(caught.value)


@pytest.mark.parametrize("load", [-1, "much", True])
def test_a_load_that_is_none_is_refused(target: Topology, load_model: LoadModel, load: object) -> None:
    with pytest.raises(InputError, match="a load multiplier"):
        sweep(target, {"load": [load]}, load_model=load_model)


@pytest.mark.parametrize(("missing", "jobs"), [("pandas", 1), ("joblib", 2)])
def test_what_is_not_installed_is_told(
    target: Topology, monkeypatch: pytest.MonkeyPatch, missing: str, jobs: int
) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'novaplan\[notebook\]'"):
        sweep(target, {"services.*.replicas": [1, 2]}, jobs=jobs)


def test_one_process_needs_no_joblib(target: Topology, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "joblib", None)
    assert len(sweep(target, {"services.*.replicas": [1, 2]})) == 2


# ------------------------------------------------------------------------------------------------------------- plots


@pytest.fixture
def _headless(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")


@pytest.mark.usefixtures("_headless")
def test_a_plot_has_one_line_for_each_value(target: Topology, prices: Prices, load_model: LoadModel) -> None:
    path = "services.*.autoscaling.cpu_percent"
    frame = sweep(target, {"load": [1, 2], path: [50, 90]}, ["cost_per_month"], prices=prices, load_model=load_model)
    axes = plot(frame, "load", "cost_per_month", by=path)
    assert [line.get_label() for line in axes.lines] == ["50", "90"]
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == path
    assert list(axes.lines[0].get_ydata()) == frame[frame[path] == 50]["cost_per_month"].tolist()
    assert axes.get_ylabel() == "cost_per_month (USD)\nfrom example prices and loads"
    assert plot(frame[frame[path] == 50], "load", "cost_per_month", axes=axes) is axes


@pytest.mark.usefixtures("_headless")
def test_a_plot_refuses_what_it_cannot_show(target: Topology) -> None:
    frame = sweep(target, {"services.*.replicas": [1, 2], "datastores.postgres.storage": ["1Gi", "2Gi"]}, ["pods"])
    with pytest.raises(InputError, match=r"'datastores\.postgres\.storage' varies too"):
        plot(frame, "services.*.replicas", "pods")
    with pytest.raises(UnknownNameError, match="did you mean 'pods'"):
        plot(frame, "services.*.replicas", "podz")


def test_a_plot_without_matplotlib_says_what_to_install(target: Topology, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'novaplan\[notebook\]'"):
        plot(sweep(target, {"services.*.replicas": [1]}), "services.*.replicas", "pods")
