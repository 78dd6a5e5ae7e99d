"""``novaplan show``."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.cli.command import SHOP, Result, Run

TABLE = """\
shop: 2 services, 1 datastore, 0 externals, 2 dependencies, 0 routes, 0 secrets

Services
"""


def printed(result: Result) -> str:
    """What a command that went well printed; it had nothing else to say."""
    assert (result.status, result.err) == (0, "")
    assert result.out.endswith("\n")
    assert not result.out.endswith("\n\n")
    return result.out


def test_table(novaplan: Run) -> None:
    text = printed(novaplan("show", "shop"))
    assert text.startswith(TABLE)
    assert [line.split()[:3] for line in text.splitlines() if line.startswith(("cart ", "db "))] == [
        ["cart", "core", "1"],
        ["db", "mysql", "standalone"],
        ["cart", "writes", "db"],
    ]
    assert "\x1b" not in text


def test_the_summary_is_folded(novaplan: Run) -> None:
    long = SHOP.replace("name: shop\n", "name: a-shop-with-a-name-that-is-rather-long-for-one-line-of-a-terminal\n", 1)
    assert max(map(len, printed(novaplan("show", "-", stdin=long)).splitlines())) <= 80


def test_json(novaplan: Run) -> None:
    text = printed(novaplan("show", "shop", "--format", "json"))
    found = json.loads(text)
    assert list(found)[:5] == ["format", "name", "description", "digest", "summary"]
    assert found["format"] == "novaplan/show/v1"
    assert found["digest"].startswith("sha256:")
    assert found["summary"] == {
        "namespaces": 0,
        "services": 2,
        "datastores": 1,
        "externals": 0,
        "dependencies": 2,
        "routes": 0,
        "secrets": 0,
        "unmodelled": 0,
    }
    cart, web = found["services"]
    assert (cart["name"], web["replicas"], web["autoscaling"]) == ("cart", 2, None)
    assert cart["termination"]["grace_milliseconds"] == 45_000
    assert web["containers"][0]["resources"] == {
        "cpu_request_millicores": 250,
        "cpu_limit_millicores": None,
        "memory_request_bytes": 128 * 2**20,
        "memory_limit_bytes": 256 * 2**20,
    }
    assert found["datastores"][0]["storage_bytes"] == 10 * 2**30
    assert found["dependencies"][0]["timeout_milliseconds"] == 5_000
    assert found["lineage"] is None
    assert text == json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def test_yaml_is_a_topology_file(novaplan: Run) -> None:
    text = printed(novaplan("show", "shop", "--format", "yaml"))
    assert yaml.safe_load(text)["format"] == "novaplan/topology/v1"
    assert novaplan("show", "-", "--format", "yaml", stdin=text).out == text


def test_node_link(novaplan: Run) -> None:
    found = json.loads(printed(novaplan("show", "shop", "--format", "node-link")))
    nodes = {node.pop("id"): node for node in found["nodes"]}
    assert nodes["web"] == {"category": "service", "kind": "gateway", "replicas": 2}
    assert nodes["db"] == {"category": "datastore", "kind": "mysql", "replicas": 1, "deployment": "standalone"}
    edges = {(edge["source"], edge["target"]): edge for edge in found["edges"]}
    assert edges["cart", "db"]["mode"] == "writes"
    assert edges["cart", "db"]["database"] == "shop"


def test_a_name_a_file_and_standard_input_are_the_same(novaplan: Run, folder: Path) -> None:
    by_name = printed(novaplan("show", "shop"))
    assert printed(novaplan("show", "topologies/shop.yaml")) == by_name
    assert printed(novaplan("show", folder / "topologies" / "shop.yaml", cwd=Path("/"))) == by_name
    assert printed(novaplan("show", "-", stdin=SHOP)) == by_name


def test_json_input(novaplan: Run) -> None:
    as_json = json.dumps(yaml.safe_load(SHOP))
    assert printed(novaplan("show", "-", stdin=as_json)) == printed(novaplan("show", "shop"))


def test_unnamed_characters_come_out_as_they_went_in(novaplan: Run) -> None:
    named = SHOP.replace("name: shop\n", "name: Bäckerei 店\n", 1)
    for form in ("table", "json", "yaml", "node-link"):
        assert "Bäckerei 店" in printed(novaplan("show", "-", "--format", form, stdin=named))
