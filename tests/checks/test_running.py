"""Checks run by themselves, in any order, and none stops another."""

from __future__ import annotations

import copy
import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.checks import catalogue, running
from novaplan.checks.catalogue import Check, named
from novaplan.checks.found import Found
from novaplan.checks.reading import describe, described_objects
from novaplan.errors import DocumentError, UnknownNameError
from novaplan.importers.kubernetes.manifests import Manifest, manifest_of
from tests.checks.examples import FOLDER


def written(path: Path) -> list[Manifest]:
    """The objects of an example of manifests; none of any other."""
    return list(one.cluster.written) if (one := describe([path])[0]).cluster is not None else []


def fields(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a value: what holds it, and under which key."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if key not in ("kind", "apiVersion"):
            yield node, key
        if isinstance(value, dict | list):
            yield from fields(value)


BROKEN = FOLDER / "service-without-pods" / "fails.yaml"
ONLY = frozenset({"service-without-pods", "raising"})


def raising(*_: object) -> list[Found]:
    raise ZeroDivisionError("no\nluck")


def test_a_check_that_raises_is_one_finding_and_the_rest_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = Check("raising", "references", "error", "Fails.", "", {"objects": raising})
    monkeypatch.setattr(running, "all_checks", lambda: (bad, *catalogue.all_checks()))
    found = running.run(describe([BROKEN])[0], only=ONLY)
    assert [item.check for item in found] == ["internal", "service-without-pods"]
    assert (found[0].subject, found[0].severity) == ("raising", "error")
    assert "ZeroDivisionError: no luck" in found[0].message


def test_the_order_of_checks_and_files_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = running.run(describe([BROKEN])[0])
    assert expected
    for seed in range(5):
        shuffled = list(catalogue.all_checks())
        random.Random(seed).shuffle(shuffled)
        monkeypatch.setattr(running, "all_checks", lambda shuffled=shuffled: tuple(shuffled))
        assert running.run(describe([BROKEN])[0]) == expected


def test_only_and_skip() -> None:
    one = describe([BROKEN])[0]
    assert {item.check for item in running.run(one, only={"service-without-pods"})} == {"service-without-pods"}
    assert "service-without-pods" not in {item.check for item in running.run(one, skip={"service-without-pods"})}


def test_a_family_stands_for_its_checks() -> None:
    assert "service-without-pods" in named(["references"])
    with pytest.raises(UnknownNameError, match="did you mean 'references'"):
        named(["reference"])


def test_what_is_handed_over_is_told_by_its_content(tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    compose.write_text("services: {web: {image: 'web:1'}}\n")
    found = describe([compose, BROKEN, "shop", BROKEN.parent])
    assert [(item.form, item.topology is not None) for item in found] == [
        ("topology", True),
        ("manifests", True),
        ("compose", True),
    ]


def test_a_topology_knows_where_its_components_stand(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text("format: novaplan/topology/v1\nname: shop\nservices:\n  - name: web\n  - name: cart\n")
    (found,) = describe([file])
    assert {name: place.line for name, place in found.places.items()} == {"shop": 2, "web": 4, "cart": 5}


def test_manifests_that_are_no_system_are_still_checked(tmp_path: Path) -> None:
    text = BROKEN.read_text().replace("spec: {containers:", 'spec: {terminationGracePeriodSeconds: "x", containers:')
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    (one,) = describe([file])
    found = running.run(one, only={"service-without-pods"})
    assert [item.check for item in found] == ["service-without-pods", "understood"]
    assert found[1].line


RETYPED = [None, [], {}, "", "x", 0, -1, 10**30, True, 1.5, ["a"], {"a": None}, [None], [[]], "a\nb", "$(X)"]
WRITTEN = [item for path in sorted(FOLDER.glob("*/*.yaml")) for item in written(path)]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_field_no_check_fails(data: st.DataObject) -> None:
    """One field of one object is of another type, or missing; the objects are those of the examples of all checks."""
    item = data.draw(st.sampled_from(WRITTEN))
    value = copy.deepcopy(item.value)
    holder, key = data.draw(st.sampled_from(list(fields(value))))
    if data.draw(st.booleans()) and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = copy.deepcopy(data.draw(st.sampled_from(RETYPED)))
    changed = dataclasses.replace(item, value=value)
    beside = [other for other in WRITTEN if other.file == item.file and other is not item]
    assert [found for found in running.run(described_objects([changed, *beside])) if found.check == "internal"] == []


SELECTING = {"matchExpressions": [{"key": "app", "operator": "In", "values": 5}]}
SPREAD = {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": SELECTING}
UNPRIVILEGED = {"capabilities": {"drop": 5}}
PODS = {"containers": [{"name": "web", "securityContext": UNPRIVILEGED}], "topologySpreadConstraints": [SPREAD]}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": PODS}


@pytest.mark.parametrize(
    ("kind", "spec", "only"),
    [
        ("Deployment", {"replicas": 2, "template": TEMPLATE}, "pod-spread"),
        ("Deployment", {"template": TEMPLATE}, "root-container"),
        ("Ingress", {"tls": [{"hosts": 5}], "rules": [{"host": "shop.example"}]}, "public-route-without-tls"),
        (
            "NetworkPolicy",
            {
                "podSelector": {},
                "policyTypes": ["Egress"],
                "egress": [{"to": [{"namespaceSelector": {"matchExpressions": 5}}]}],
            },
            "blocked-traffic",
        ),
    ],
)
def test_a_number_in_place_of_a_list_stops_no_check(kind: str, spec: dict[str, Any], only: str) -> None:
    value = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}, "spec": spec}
    item = manifest_of(value, "shop.yaml", 9)
    pods = manifest_of({**value, "kind": "Deployment", "spec": {"template": TEMPLATE}}, "shop.yaml", 1)
    objects = [item] if kind == "Deployment" else [item, pods]
    found = running.run(described_objects(objects), only={only})
    assert "internal" not in {one.check for one in found}


def test_a_chart_puts_namespaces_first(tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "templates" / "a.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n"
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    )
    assert running.run(describe([chart])[0], only={"namespace-order"})
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    assert running.run(describe([chart])[0], only={"namespace-order"}) == ()


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_bytes(b"\x00\x01")
    with pytest.raises(DocumentError):
        describe([file])
