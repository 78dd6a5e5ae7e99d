"""The whole answer: for the bundled systems, as a value, as text and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.capacity.nodes import Nodes, load_nodes, loads_nodes
from novaplan.capacity.placement.fit import fit
from novaplan.capacity.placement.model import Fit
from novaplan.capacity.placement.settle import Effort
from novaplan.capacity.pods import pods, pods_of_both
from novaplan.errors import DoesNotFit, NodesError
from novaplan.topology.service import Compute, Container, Resources, Service, Spread
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from tests.capacity.placement_checker import violations
from tests.strategies import topologies

NODES = load_nodes()


def two_nodes() -> Nodes:
    return Nodes("two", NODES.nodes[:2], NODES.kinds)


def test_the_target_fits_three_nodes() -> None:
    target = load("target")
    found = fit(target, NODES)
    assert violations(pods(target), found.nodes, found.placing) == []
    assert found.binding.startswith("postgres, postgres/etcd, redis each need 3 nodes; you have 3; CPU is fullest: ")
    assert [loss.quorums_lost for loss in found.losses] == [()] * 6
    for loss in found.losses[:3]:
        assert {name.rpartition("-")[0] for name in loss.waiting} == {"postgres", "postgres/etcd", "redis"}
    assert [drain.verdict for drain in found.drains] == ["waiting"] * 3
    assert "kafka" in found.unstated
    node = found.node_of("postgres-0")
    assert node is not None
    assert node in NODES.nodes
    assert found.node_of("nobody-0") is None


def test_the_target_does_not_fit_two() -> None:
    with pytest.raises(DoesNotFit) as caught:
        fit(load("target"), two_nodes())
    assert [str(problem) for problem in caught.value.problems] == [
        f"{name} needs 3 nodes; you have 2" for name in ("postgres", "postgres/etcd", "redis")
    ]


def test_the_peak_of_the_migration() -> None:
    current, target = load("current"), load("target")
    both = fit(current, NODES, other=target, smallest="medium", count="maximum")
    assert both.topologies == (current.name, target.name)
    assert violations(pods_of_both(current, target, "maximum"), both.nodes, both.placing) == []
    names = [pod.name for pod, _ in both.placing]
    assert len(set(names)) == len(names)
    assert names.count("kafka-0") == 1
    assert both.proof is not None
    assert both.proof.optimal
    assert len(both.nodes) > len(fit(target, NODES, smallest="medium", count="maximum").nodes)


def test_the_cheapest_mix_costs_no_more_than_any_one_kind() -> None:
    target = load("target")
    best = fit(target, NODES, cheapest=True, count="maximum")
    assert best.price_cents is not None
    for kind in NODES.kinds:
        alone = fit(target, NODES, smallest=kind.name, count="maximum")
        assert alone.price_cents is not None
        assert best.price_cents <= alone.price_cents


def test_optional_components_and_rollouts_change_what_runs() -> None:
    target = load("target")
    all_of_it, without, rolling = (
        len(fit(target, NODES, **options).placing)  # type: ignore[arg-type]
        for options in ({}, {"optional": False}, {"surge": True})
    )
    assert without < all_of_it < rolling


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["current", "target", "shop"])
def test_the_text_is_as_wide_as_it_may_be(name: str, width: int) -> None:
    text = fit(load(name), NODES, smallest="large").text(width)
    assert max(map(len, text.splitlines())) <= width
    for title in ("Nodes", "Pods", "After a loss", "Draining"):
        assert f"\n\n{title}\n\n" in text


def test_json() -> None:
    found = fit(load("target"), NODES, smallest="medium")
    body = json.loads(json.dumps(found.to_dict()))
    assert list(body) == [
        "format", "topologies", "count", "goal", "fits", "binding", "proof", "currency", "price_per_month",
        "example_prices", "unstated", "nodes", "pods", "everywhere", "losses", "drains",
    ]  # fmt: skip
    assert (body["format"], body["goal"], body["price_per_month"]) == ("novaplan/fit/v1", "smallest", "345.00")
    assert body["proof"] == {"unit": "nodes", "lower_bound": 3, "found": 3, "optimal": True, "gap_per_mille": 0}
    assert sum(node["pods"] for node in body["nodes"]) == len(body["pods"])
    for node in body["nodes"]:
        here = [pod for pod in body["pods"] if pod["node"] == node["name"]]
        assert node["cpu_request_millicores"] == sum(pod["cpu_request_millicores"] for pod in here)
        assert node["memory_request_bytes"] == sum(pod["memory_request_bytes"] for pod in here)
    assert {loss["scope"] for loss in body["losses"]} == {"node", "zone"}


def test_a_gap_is_told() -> None:
    services = tuple(
        Service(
            name=f"s{number}",
            replicas=1,
            containers=(
                Container(name="c", resources=Resources(requests=Compute(cpu=f"{4 + number % 2}m", memory=1))),
            ),
        )
        for number in range(9)
    )
    nodes = loads_nodes('{"kinds": [{"name": "k", "cpu": "10m", "memory": 100, "price_per_month": 1}]}')
    found = fit(Topology(services=services), nodes, smallest="k", effort=Effort(steps=0, solver=False))
    assert found.proof is not None
    assert "proof: fewer nodes cannot do" in found.text() or "gap: fewer nodes may do; at least" in found.text()
    fewer = Fit(**{name: getattr(found, name) for name in Fit.__slots__} | {"proof": type(found.proof)("nodes", 4, 5)})
    told = "gap: fewer nodes may do; at least 4 is needed, so this is at most 25.0% above the best"
    assert told in " ".join(fewer.text().split())


def test_nothing_to_place() -> None:
    found = fit(Topology(), NODES)
    assert (found.placing, found.losses, found.drains) == ((), (), ())
    assert found.text()
    assert fit(Topology(), Nodes("none", (), NODES.kinds)).text()


def test_smallest_and_cheapest_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        fit(Topology(), NODES, smallest="medium", cheapest=True)
    with pytest.raises(NodesError, match="no kind of node 'midium'"):
        fit(Topology(), NODES, smallest="midium")


def test_text_from_a_topology_cannot_confuse_a_terminal_or_a_page() -> None:
    service = Service(name="api", spread=Spread(anti_affinity="required", topology_key="\x1b[31m<b>"))
    found = fit(Topology(name="\x1b[31m<script>", services=(service,)), NODES)
    assert "\x1b" not in found.text()
    assert "<script>" not in found._repr_html_()


@settings(max_examples=40)
@given(topologies(), st.sampled_from(["minimum", "current", "maximum"]))
def test_any_topology_is_placed_rightly_or_refused_with_a_reason(topology: Topology, count: str) -> None:
    try:
        found = fit(topology, NODES, count=count, effort=Effort(solver=False, steps=500))  # type: ignore[arg-type]
    except DoesNotFit:
        return
    assert violations(pods(topology, count), found.nodes, found.placing) == []  # type: ignore[arg-type]
    assert json.loads(json.dumps(found.to_dict()))["fits"] is True
    assert max(map(len, found.text(80).splitlines())) <= 80


def test_the_answer_does_not_depend_on_the_order_of_hashes() -> None:
    code = (
        "import novaplan; from novaplan.capacity.nodes import load_nodes;"
        "from novaplan.capacity.placement.fit import fit;"
        "print(fit(novaplan.load('current'), load_nodes(), other=novaplan.load('target'), cheapest=True).to_dict())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1


def test_nothing_heavy_is_imported() -> None:
    heavy = "{'ortools', 'pandas', 'networkx', 'numpy'}"
    code = f"import sys, novaplan.capacity.placement.fit; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
