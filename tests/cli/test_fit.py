"""``novaplan fit`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Run

NODES = """\
kinds:
  - {name: small, cpu: 1, memory: 1Gi, zones: [a, b], price_per_month: 10}
  - {name: big, cpu: 4, memory: 4Gi, zones: [a, b], price_per_month: 35}
pool: [{kind: small, count: 2}]
"""


@pytest.fixture
def own_nodes(folder: Path) -> Path:
    path = folder / "models" / "nodes.yaml"
    path.write_text(NODES)
    return path


@pytest.mark.usefixtures("own_nodes")
def test_table(novaplan: Run) -> None:
    result = novaplan("fit", "shop")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(
        "shop fits: 4 pods on 2 nodes, as scaled now\nprice: 20.00 USD a month (example prices)\n"
    )
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.usefixtures("own_nodes")
def test_json(novaplan: Run) -> None:
    result = novaplan("fit", "shop", "--smallest", "big", "--format", "json")
    body = json.loads(result.out)
    assert (result.status, result.err, body["format"], body["goal"]) == (0, "", "novaplan/fit/v1", "smallest")
    assert [node["name"] for node in body["nodes"]] == ["big-0"]


@pytest.mark.usefixtures("own_nodes")
def test_both_sides(novaplan: Run, consolidated: str) -> None:
    result = novaplan("fit", "shop", "-", "--cheapest", "--count", "maximum", stdin=consolidated)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("shop and shop-small fit together: ")


def test_the_bundled_nodes_are_the_default(novaplan: Run) -> None:
    result = novaplan("fit", "shop")
    assert (result.status, result.err) == (0, "")
    assert "medium-0" in result.out


def test_nodes_from_a_cluster(novaplan: Run) -> None:
    node = {
        "kind": "Node",
        "metadata": {"name": "worker"},
        "status": {"allocatable": {"cpu": "300m", "memory": "4Gi", "pods": "110"}},
    }
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [node]})
    result = novaplan("fit", "shop", "--nodes", "-", stdin=text)
    assert (result.status, result.out) == (1, "")
    assert result.err == "novaplan: CPU: 600m requested, 300m allocatable\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--nodes", "nodse"), "there is no model named 'nodse' (did you mean 'nodes'?)"),
        (("--smallest", "smal"), "there is no kind of node 'smal' (did you mean 'small'?)"),
        (("--nodes", "bad.yaml"), "bad.yaml:1: kinds[k].cpu: is 0: a node without capacity takes no pod"),
    ],
)
def test_wrong_input(novaplan: Run, folder: Path, own_nodes: Path, words: tuple[str, ...], said: str) -> None:
    (folder / "bad.yaml").write_text("kinds: [{name: k, cpu: 0, memory: 1}]\n")
    result = novaplan("fit", "shop", *words)
    assert (result.status, result.out) == (1, "")
    assert said in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shop", "--smallest", "small", "--cheapest"), "Invalid value for --cheapest: excludes --smallest"),
        (("-", "--nodes", "-"), "only one of TOPOLOGY, OTHER and --nodes can be standard input"),
        (("shop", "--count", "most"), "Invalid value for '--count'"),
    ],
)
def test_wrong_usage(novaplan: Run, words: tuple[str, ...], said: str) -> None:
    result = novaplan("fit", *words)
    assert (result.status, result.out) == (2, "")
    assert said in result.err
