"""Nodes from a file and from a cluster, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from novaplan.capacity.nodes import HOSTNAME, Kind, Node, Nodes, Taint, load_nodes, loads_nodes, make_nodes
from novaplan.errors import DocumentError, NodesError, UnknownNameError

FILE = """\
format: novaplan/nodes/v1
kinds:
  - name: small
    cpu: 1930m
    memory: 6248Mi
    zones: [a, b]
    labels: {disk: ssd}
    price_per_month: 60.5
  - {name: gpu, cpu: 4, memory: 16Gi, pods: 20, volumes: 8, taints: [{key: gpu, value: "yes", effect: NoSchedule}]}
pool:
  - {kind: small, count: 3}
  - {kind: small, count: 1}
  - {kind: gpu, count: 1, zones: [c]}
"""


def test_a_file() -> None:
    found = loads_nodes(FILE)
    assert [(node.name, node.zone) for node in found.nodes] == [
        ("small-0", "a"),
        ("small-1", "b"),
        ("small-2", "a"),
        ("small-3", "b"),
        ("gpu-0", "c"),
    ]
    small, gpu = found.nodes[0], found.nodes[-1]
    assert (small.cpu_millicores, small.memory_bytes, small.pods, small.volumes) == (1930, 6248 << 20, 110, None)
    assert (small.price_cents, small.closed, gpu.closed) == (6050, "", "taint gpu=yes:NoSchedule")
    assert [small.domain(key) for key in (HOSTNAME, "topology.kubernetes.io/zone", "disk", "rack")] == [
        "small-0",
        "a",
        "ssd",
        None,
    ]
    assert found.currency == "USD"
    assert found.example


def test_the_bundled_nodes_say_that_their_prices_are_examples() -> None:
    found = load_nodes()
    assert found.example
    assert all(kind.price_per_month for kind in found.kinds)
    assert len(found.nodes) == 3
    assert "EXAMPLES" in Path(found.source).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("cpu: 1930m", "cpu: 0"), "f.yaml:4: kinds[small].cpu: is 0: a node without capacity takes no pod"),
        (
            ("cpu: 1930m", "cpu: plenty"),
            "f.yaml:4: kinds[small].cpu: 'plenty' is not a quantity such as 250m, 2 or 512Mi",
        ),
        (("memory: 6248Mi", "memory: 6248MB"), "f.yaml:5: kinds[small].memory: '6248MB' is not a quantity"),
        (("    memory: 6248Mi\n", ""), "f.yaml:3: kinds[small].memory: is required"),
        (("zones: [a, b]", "zone: [a]"), "f.yaml:6: kinds[small].zone: is not a known field (did you mean 'zones'?)"),
        (("60.5", "60.505"), "f.yaml:8: kinds[small].price_per_month: is not an amount of money such as 61.20"),
        (("60.5", "cheap"), "f.yaml:8: kinds[small].price_per_month: is not an amount of money such as 61.20"),
        (("60.5", "-1"), "f.yaml:8: kinds[small].price_per_month: is not an amount of money such as 61.20"),
        (("60.5", ".inf"), "f.yaml:8: kinds[small].price_per_month: is not an amount of money such as 61.20"),
        (("name: gpu", "name: small"), "f.yaml:9: kinds[small]: 'small' is declared twice; keep one"),
        (("{kind: gpu", "{kind: gup"), "there is no kind of node 'gup' (did you mean 'gpu'?)"),
        (("count: 3", "count: -3"), "f.yaml:11: pool[0].count: should be greater than or equal to 0"),
        (("effect: NoSchedule", "effect: Never"), "f.yaml:9: kinds[gpu].taints[0].effect: should be"),
        (("pods: 20", "pods: 0"), "f.yaml:9: kinds[gpu].pods: should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_with_a_file(change: tuple[str, str], message: str) -> None:
    with pytest.raises(NodesError) as caught:
        loads_nodes(FILE.replace(*change), file="f.yaml")
    assert message in str(caught.value)


def test_what_is_no_nodes_file() -> None:
    with pytest.raises(UnknownNameError):
        load_nodes("nodse")
    for text in ("", "[]", "kinds: []"):
        with pytest.raises(NodesError):
            loads_nodes(text)
    with pytest.raises(DocumentError):
        loads_nodes("a: [")
    with pytest.raises(NodesError, match="expected one document, found 2"):
        loads_nodes("a: 1\n---\nb: 2\n")


def test_an_unknown_kind() -> None:
    with pytest.raises(NodesError, match=r"no kind of node 'smal' \(did you mean 'small'\?\); known: small, gpu"):
        loads_nodes(FILE).kind("smal")
    with pytest.raises(NodesError, match=r"no kind of node 'x'$"):
        Nodes("f", (), ()).kind("x")


def a_node(name: str = "one", **changes: Any) -> dict[str, Any]:
    """A node as kubectl writes it, as far as it is read."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"topology.kubernetes.io/zone": "eu-1a", "node.kubernetes.io/instance-type": "m5.large"},
        },
        "spec": changes.pop("spec", {}),
        "status": {"allocatable": {"cpu": "1930m", "memory": "7291820Ki", "pods": "29"} | changes},
    }


def cluster(*items: Any, **changes: Any) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items), **changes})


def test_a_cluster() -> None:
    csi = {"kind": "CSINode", "metadata": {"name": "one"}, "spec": {"drivers": [{"allocatable": {"count": 25}}, {}]}}
    closed = a_node("two", spec={"unschedulable": True})
    tainted = a_node(
        "three", spec={"taints": [{"key": "role", "effect": "PreferNoSchedule"}, {"key": "x", "effect": "NoExecute"}]}
    )
    found = loads_nodes(cluster(closed, csi, a_node(), tainted))
    assert [node.name for node in found.nodes] == ["one", "three", "two"]
    one, three, two = found.nodes
    assert one == Node(
        "one", 1930, 7291820 << 10, 29, 25, "eu-1a", "m5.large",
        (("node.kubernetes.io/instance-type", "m5.large"), ("topology.kubernetes.io/zone", "eu-1a")),
    )  # fmt: skip
    assert (two.closed, three.closed, three.volumes) == ("unschedulable", "taint x:NoExecute", None)
    (kind,) = found.kinds
    assert (kind.name, kind.cpu, kind.pods, kind.volumes, kind.zones) == ("m5.large", 1930, 29, 25, ("eu-1a",))
    assert make_nodes(kind, 1)[0].price_cents is None


def test_one_node_and_attachable_volumes() -> None:
    (node,) = loads_nodes(json.dumps(a_node(**{"attachable-volumes-aws-ebs": "39"}))).nodes
    assert node.volumes == 39


def test_a_list_of_nodes_may_leave_their_kind_out() -> None:
    item = a_node()
    del item["kind"]
    assert len(loads_nodes(cluster(item, kind="NodeList")).nodes) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (cluster(a_node(cpu="0")), "f.json:1: items[0].status.allocatable.cpu: is 0: a node without capacity"),
        (cluster(a_node(memory="lots")), "items[0].status.allocatable.memory: 'lots' is not a quantity"),
        (
            cluster({"kind": "Node", "metadata": {"name": "x"}}),
            "items[0].status.allocatable.cpu: is required: a node with",
        ),
        (cluster({"kind": "Node"}), "items[0].metadata.name: is required"),
        (cluster({"kind": "Node", "metadata": 3}), "items[0].metadata: should be a mapping of fields"),
        (cluster("x"), "items[0]: should be a node"),
        (cluster(a_node(spec={"taints": ["x"]})), "items[0].spec.taints[0]: should have a key and an effect"),
        (cluster(a_node(), a_node()), "two nodes have one name"),
        (cluster(), "holds no node; write it with 'kubectl get nodes -o json'"),
        (cluster(items=3), "items: should be a list of nodes"),
        (cluster(kind="Pod"), "holds a Pod, not nodes; write it with 'kubectl get nodes -o json'"),
        ('{"apiVersion": "v1"}', "does not say its kind"),
    ],
)
def test_what_is_wrong_with_a_cluster(text: str, message: str) -> None:
    with pytest.raises(NodesError) as caught:
        loads_nodes(text, file="f.json")
    assert message in str(caught.value)


def test_taints_that_only_ask_do_not_close() -> None:
    kind = Kind(name="k", cpu=1, memory=1, taints=(Taint(key="x", effect="PreferNoSchedule"),))
    assert make_nodes(kind, 1)[0].closed == ""
