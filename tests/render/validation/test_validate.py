"""Objects against the schemas of Kubernetes, and the same verdict as the package they come from."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.errors import MissingExtraError, UnknownNameError
from novaplan.render.settings import Settings
from novaplan.render.validation import schemas, validate

FILE = Path(__file__).with_name("objects.yaml")
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all(FILE.read_text(encoding="utf-8")))
VERSIONS = Settings().kubernetes
ODD_VALUES: tuple[Any, ...] = (5, -1, 1.5, "text", "", True, None, [], {}, ["a"], [1], {"a": "b"}, {"a": 1}, [{}])


def object_of(kind: str) -> dict[str, Any]:
    """A copy of the sample of a kind, to be spoiled."""
    return copy.deepcopy(next(item for item in OBJECTS if item["kind"] == kind))


def shown(*items: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in validate.validate(items, VERSIONS)]


def test_the_default_versions_are_the_carried_ones() -> None:
    assert schemas.versions() == VERSIONS
    assert len(VERSIONS) == 3


def test_every_carried_kind_has_a_sample() -> None:
    sampled = {(item["apiVersion"], item["kind"]) for item in OBJECTS}
    assert all(schemas.schema_of(*pair, VERSIONS[0]) for pair in sampled)
    assert {kind for _, kind in sampled} >= {"Deployment", "StatefulSet", "ExternalSecret", "SealedSecret"}


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: item["kind"])
def test_good_objects_pass(item: dict[str, Any]) -> None:
    assert shown(item) == []


def test_an_unknown_field_is_named() -> None:
    item = object_of("Deployment")
    item["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
    assert shown(item) == ["Deployment shop/web: spec.template.spec.containers[0].imagee: there is no such field"]


def test_a_wrong_type_is_named_without_its_value() -> None:
    item = object_of("Secret")
    item["stringData"] = {"password": 12345}
    assert shown(item) == ["Secret shop/web: stringData.password: should be of type string"]
    item = object_of("Deployment")
    item["spec"]["replicas"] = "secret"
    assert shown(item) == ["Deployment shop/web: spec.replicas: should be of type integer"]


def test_what_is_missing_is_named() -> None:
    item = object_of("StatefulSet")
    del item["spec"]["selector"]
    assert shown(item) == ["StatefulSet shop/store: spec.selector: is missing"]


def test_a_value_outside_the_choices_is_named() -> None:
    item = object_of("ExternalSecret")
    item["spec"]["secretStoreRef"]["kind"] = "Store"
    assert shown(item) == [
        "ExternalSecret shop/web: spec.secretStoreRef.kind: should be SecretStore or ClusterSecretStore"
    ]


def test_a_quantity_of_the_wrong_type_is_found() -> None:
    item = object_of("Deployment")
    item["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = [1]
    (problem,) = shown(item)
    assert problem.startswith("Deployment shop/web: spec.template.spec.containers[0].resources.limits.cpu: the value ")


def test_a_kind_without_schema_is_a_problem() -> None:
    problems = shown({"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "old"}})
    assert problems == ["Deployment old: there is no schema of Deployment in apps/v1beta1"]


def test_problems_come_in_the_order_of_the_objects() -> None:
    first, second = object_of("StatefulSet"), object_of("Deployment")
    first["one"] = second["two"] = 1
    assert [text.partition(":")[0] for text in shown(first, second)] == [
        "StatefulSet shop/store",
        "Deployment shop/web",
    ]


def test_a_problem_of_some_versions_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    real = schemas.schema_of

    def without_the_last(api_version: str, kind: str, version: str) -> dict[str, Any] | None:
        return None if version == VERSIONS[-1] else real(api_version, kind, version)

    monkeypatch.setattr(validate, "schema_of", without_the_last)
    validate._validators.cache_clear()
    problems = shown(object_of("Service"))
    validate._validators.cache_clear()
    assert problems == [f"Service shop/web: there is no schema of Service in v1 (Kubernetes {VERSIONS[-1]})"]


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"no schemas of Kubernetes '1\.2' are carried; there are 1\."):
        validate.validate([object_of("Service")], ["1.2"])


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    validate._validators.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install 'novaplan\[validate\]'"):
        validate.validate([], VERSIONS)
    validate._validators.cache_clear()


def test_the_carried_schemas_are_those_of_the_package(tmp_path: Path) -> None:
    import gzip
    import json
    import subprocess
    from importlib import metadata

    root = Path(__file__).parents[3]
    package = root / "novaplan/render/validation/schemas"
    carried = {path.name: json.loads(gzip.decompress(path.read_bytes())) for path in package.glob("*.json.gz")}
    assert sum(path.stat().st_size for path in package.iterdir()) < 100_000
    sources = {found["source"] for found in carried.values()}
    if not any(f"kubernetes-validate {metadata.version('kubernetes-validate')}," in source for source in sources):
        pytest.skip("another kubernetes-validate is installed")
    script = tmp_path / "scripts" / "vendor-schemas"
    target = tmp_path / "novaplan/render/validation/schemas"
    for folder in (script.parent, target):
        folder.mkdir(parents=True)
    script.write_bytes((root / "scripts/vendor-schemas").read_bytes())
    subprocess.run([sys.executable, script], check=True, capture_output=True)
    assert {path.name: json.loads(gzip.decompress(path.read_bytes())) for path in target.iterdir()} == carried


# ---------------------------------------------------------------- the same verdict as kubernetes-validate


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """kubernetes-validate reads two megabytes of schemas for every object; once is enough here."""
    from kubernetes_validate import utils

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", cache(utils.schema_contents))
        yield


def theirs_refuses(item: dict[str, Any], version: str) -> bool:
    import kubernetes_validate

    try:
        kubernetes_validate.validate(item, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError):
        return True
    return False


KUBERNETES_OBJECTS = [item for item in OBJECTS if "." not in item["apiVersion"] or ".k8s.io/" in item["apiVersion"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_both_accept_the_same_objects(version: str) -> None:
    assert [item["kind"] for item in KUBERNETES_OBJECTS if theirs_refuses(item, version)] == []


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in an object below its version and kind."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in pairs:
        if path or key not in ("apiVersion", "kind"):
            yield (*path, key)
            yield from places(item, (*path, key))


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """An object with one to three changes, most of which Kubernetes would not take."""
    item = copy.deepcopy(draw(st.sampled_from(KUBERNETES_OBJECTS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(item))))
        parent: Any = item
        for step in path[:-1]:
            parent = parent[step]
        change = draw(st.sampled_from(("replace", "drop", "add")))
        if change == "replace":
            parent[path[-1]] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
        elif change == "drop" and len(path) > 1:
            del parent[path[-1]]
        elif isinstance(parent, dict):
            parent["unheardOf"] = 1
    return item


@settings(max_examples=200, deadline=None)
@given(item=spoiled(), version=st.sampled_from(VERSIONS))
def test_both_refuse_the_same_objects(item: dict[str, Any], version: str) -> None:
    assert bool(validate.validate([item], [version])) == theirs_refuses(item, version)
