"""What is rendered and imported again is the same topology; what is edited in between is followed, and told."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from novaplan.capacity.totals import totals
from novaplan.errors import InputError
from novaplan.importers.compose import import_compose
from novaplan.importers.kubernetes import import_kubernetes, import_objects
from novaplan.importers.marks import RECORD, RECORD_KEY
from novaplan.importers.report import Report
from novaplan.render.assembly import Sealed, assemble
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest
from novaplan.render.record import recorded
from novaplan.render.render import render_manifests
from novaplan.render.secrets import sealing
from novaplan.render.secrets.values import generated_values
from novaplan.render.settings import Language, Layout, SecretsForm, Settings
from novaplan.topology import records
from novaplan.topology.base import replace
from novaplan.topology.service import Service
from novaplan.topology.storage import load, loads
from novaplan.topology.system import Topology
from tests.strategies import topologies

SAMPLES = ("current", "target", "shop", "shop-target")
LAYOUTS = get_args(Layout)
FORMS = ("placeholder", "external-secrets", "generate")


@cache
def sample(name: str) -> Topology:
    return load(name)


@cache
def _objects(name: str) -> list[Manifest]:
    return assemble(Context(sample(name), Settings())).manifests


def objects(name: str) -> list[Manifest]:
    """The objects of a sample, to be edited."""
    return copy.deepcopy(_objects(name))


def one(items: list[Manifest], kind: str, name: str) -> Manifest:
    (found,) = (item for item in items if item["kind"] == kind and item["metadata"]["name"] == name)
    return found


def template(item: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = item["spec"]["template"]["spec"]
    return found


def with_service(topology: Topology, name: str, **changes: Any) -> Topology:
    """``topology`` with some fields of one service changed."""
    services = [replace(item, **changes) if item.name == name else item for item in topology.services]
    return replace(topology, services=tuple(services))


def dropped(report: Report) -> list[str]:
    return [note.message.removeprefix("the record: ") for note in report.uncertain if "the record: " in note.message]


def imported(tree: dict[str, Any], layout: str, folder: Path) -> tuple[Topology, Report]:
    for name, file in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    if layout == "compose":
        return import_compose([folder / "docker-compose.yml"])
    return import_kubernetes([folder])


# ---------------------------------------------------------------- what is not edited


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_layout_gives_the_system_back(name: str, layout: Any, tmp_path: Path) -> None:
    tree = render_manifests(sample(name), layout=layout)
    topology, report = imported(tree.files, layout, tmp_path / "any name")

    assert topology.name == sample(name).name
    assert topology.digest == sample(name).digest
    assert report.uncertain == ()
    assert report.left_out == ()
    assert totals(topology) == totals(sample(name))


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_form_of_secrets_and_language_gives_the_system_back(
    name: str, form: SecretsForm, language: Language, tmp_path: Path
) -> None:
    tree = render_manifests(sample(name), secrets=form, language=language)
    topology, report = imported(tree.files, "plain", tmp_path)

    assert topology.digest == sample(name).digest
    assert report.uncertain == ()


@pytest.mark.parametrize("name", SAMPLES)
def test_sealed_secrets_give_the_system_back(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the encryption itself, which has tests of its own and needs a library of its own."""
    monkeypatch.setattr(sealing, "sealing", lambda _: lambda _value, _label: b"sealed")
    topology, values = sample(name), tmp_path / "values.yaml"
    settings = Settings(namespace="apps")
    values.write_text(generated_values(render_manifests(topology, settings).needs), encoding="utf-8")
    sealed = Sealed(values, tmp_path / "certificate.pem")
    tree = render_manifests(topology, settings, secrets="sealed-secrets", sealed=sealed)
    read, report = imported(tree.files, "plain", tmp_path / "plain")

    assert read.digest == topology.digest
    assert report.uncertain == ()
    # The shops' servers run elsewhere, so there is no value that could be made and sealed for them.
    written = "".join(file.text for path, file in tree.files.items() if path.endswith(".yaml"))
    assert ("kind: SealedSecret" in written) is (name in ("current", "target"))


@pytest.mark.parametrize("name", SAMPLES)
def test_values_of_secrets_change_nothing(name: str, tmp_path: Path) -> None:
    """Neither those that novaplan makes, in their file beside the manifests, nor those of compose in an ``.env``."""
    tree = render_manifests(sample(name), secrets="generate")
    (tmp_path / "values.yaml").write_text(generated_values(tree.needs), encoding="utf-8")
    imported(tree.files, "plain", tmp_path / "plain")
    topology, report = import_kubernetes([tmp_path / "plain", tmp_path / "values.yaml"])
    compose = render_manifests(sample(name), layout="compose").files
    wanted = re.findall(r"^#? ?([A-Z0-9_]+)=", compose[".env.example"].text, re.MULTILINE)
    (tmp_path / ".env").write_text("".join(f"{name}=redis://x:y@redis:6379/7\n" for name in wanted), encoding="utf-8")
    again, told = imported(compose, "compose", tmp_path)

    assert topology.digest == again.digest == sample(name).digest
    assert report.uncertain == told.uncertain == ()
    assert wanted


@settings(max_examples=60)
@given(topologies(), st.sampled_from(FORMS))
def test_whatever_can_be_rendered_comes_back(topology: Topology, form: SecretsForm) -> None:
    try:
        made = assemble(Context(topology, Settings()), form).manifests
    except InputError:
        assume(False)
    before = copy.deepcopy(made)
    read, report = import_objects(made)

    assert read.digest == topology.digest
    assert dropped(report) == []
    assert made == before


@settings(max_examples=40)
@given(
    topologies(max_services=3), st.sampled_from(LAYOUTS), st.sampled_from(FORMS), st.sampled_from(get_args(Language))
)
def test_whatever_can_be_rendered_comes_back_from_every_layout(
    topology: Topology, layout: Layout, form: SecretsForm, language: Language
) -> None:
    try:
        tree = render_manifests(topology, Settings(), layout=layout, secrets=form, language=language)
    except InputError:
        assume(False)
    with TemporaryDirectory() as folder:
        read, report = imported(tree.files, layout, Path(folder))

    assert read.digest == topology.digest
    assert dropped(report) == []


@settings(max_examples=60)
@given(topologies())
def test_a_record_alone_carries_everything(topology: Topology) -> None:
    """Nothing but the record's ConfigMap: what no object says is all there."""
    made = recorded(Context(topology, Settings()), {"a.yaml": []})["a.yaml"]
    read, _ = import_objects(made)

    assert read.digest == topology.digest
    assert {item["kind"] for item in made} == {"ConfigMap"}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_kubernetes_says_is_not_recorded(name: str) -> None:
    kept = {"replicas", "autoscaling", "disruption_budget", "spread", "workload", "ports"}
    found: dict[str, set[str]] = {}
    for item in objects(name):
        text = item["metadata"].get("annotations", {}).get(RECORD)
        for own, fields in records.read(text).patch.changed.items() if text else ():
            stated = {field for field, change in fields.items() if isinstance(change, dict) or change[1] is not None}
            found.setdefault(own.partition(":")[0], set()).update(stated)

    assert not found["service"] & kept
    assert not found.get("container", set()) & {"image", "resources", "probes", "kind"}
    assert not found.get("env", set())


@pytest.mark.parametrize("name", SAMPLES)
def test_records_are_small_and_beside_what_they_are_of(name: str) -> None:
    for item in objects(name):
        text = item["metadata"].get("annotations", {}).get(RECORD)
        assert len(text or "") < 8_000
        if item["kind"] == "Deployment" and text is not None:
            own = item["metadata"]["name"]
            assert all(
                re.search(rf"[:/]{re.escape(own)}\b", part) for part in records.read(text).patch.addresses()
            ) or ("route:" in text)


def test_long_records_go_to_config_maps() -> None:
    words = [f"  - {{name: s{number}, description: '{'word ' * 30_000}'}}" for number in range(4)]
    topology = loads("services:\n" + "\n".join(words))
    made = assemble(Context(topology, Settings())).manifests
    read, _ = import_objects(made)
    maps = [item for item in made if RECORD_KEY in item.get("data", {})]

    assert read.digest == topology.digest
    assert sum("service:" in item["data"][RECORD_KEY] for item in maps) == 4
    assert len({item["metadata"]["name"] for item in maps}) == len(maps)
    for item in made:
        notes = item["metadata"].get("annotations", {})
        applied = {**notes, "kubectl.kubernetes.io/last-applied-configuration": json.dumps(item)}
        if item not in maps:
            assert sum(len(key) + len(value) for key, value in applied.items()) < 262_144


def test_more_than_a_config_map_holds_is_refused() -> None:
    topology = loads(f"services: [{{name: a, description: '{'word ' * 200_000}'}}]")

    with pytest.raises(InputError, match=r"^service:a: says 1,000,\d+ bytes that Kubernetes has no place for"):
        assemble(Context(topology, Settings()))


# ---------------------------------------------------------------- what is edited


def test_replicas_are_followed() -> None:
    items = objects("current")
    one(items, "Deployment", "auth-service")["spec"]["replicas"] = 5
    topology, report = import_objects(items)

    assert topology.digest == with_service(sample("current"), "auth-service", replicas=5).digest
    assert dropped(report) == []


def test_an_image_is_followed() -> None:
    items = objects("target")
    template(one(items, "Deployment", "api-service"))["containers"][0]["image"] = "registry.example/api:9"
    topology, _ = import_objects(items)
    main = replace(sample("target").service["api-service"].containers[0], image="registry.example/api:9")

    assert topology.digest == with_service(sample("target"), "api-service", containers=(main,)).digest


def test_bounds_of_an_autoscaler_are_followed() -> None:
    items = objects("target")
    (scaler,) = (
        item
        for item in items
        if item["kind"] == "HorizontalPodAutoscaler" and item["spec"]["scaleTargetRef"]["name"] == "api-service"
    )
    scaler["spec"] |= {"minReplicas": 4, "maxReplicas": 12}
    topology, _ = import_objects(items)
    scaling = replace(sample("target").service["api-service"].autoscaling, min=4, max=12)

    # How many there are is the autoscaler's to say, so the least is what a first apply gives.
    assert topology.digest == with_service(sample("target"), "api-service", replicas=4, autoscaling=scaling).digest


def test_the_value_of_a_variable_is_followed() -> None:
    items = objects("shop")
    (variable,) = (
        item
        for item in template(one(items, "Deployment", "storefront"))["containers"][0]["env"]
        if item["name"] == "NODE_ENV"
    )
    variable["value"] = "staging"
    topology, _ = import_objects(items)
    before = {item.name: item for item in sample("shop").service["storefront"].containers[1].env}
    containers = topology.service["storefront"].containers
    (changed,) = (item for one_ in containers for item in one_.env if item.name == "NODE_ENV")

    assert changed.value == "staging"
    assert before.keys() <= {item.name for one_ in containers for item in one_.env}


def test_a_budget_is_followed() -> None:
    items = objects("shop")
    (budget,) = (
        item
        for item in items
        if item["kind"] == "PodDisruptionBudget"
        and item["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] == "orders"
    )
    budget["spec"]["minAvailable"] = 1
    topology, _ = import_objects(items)
    changed = replace(sample("shop").service["orders"].disruption_budget, min_available=1)

    assert topology.digest == with_service(sample("shop"), "orders", disruption_budget=changed).digest


def test_resources_are_followed() -> None:
    items = objects("current")
    template(one(items, "Deployment", "search-service"))["containers"][0]["resources"]["requests"]["cpu"] = "750m"
    topology, _ = import_objects(items)

    assert topology.service["search-service"].containers[0].resources.requests.cpu == 750
    assert (
        totals(topology).total.cpu_request_millicores == totals(sample("current")).total.cpu_request_millicores + 1000
    )


@pytest.mark.parametrize("name", ["target", "shop", "shop-target"])
def test_the_host_of_routes_is_followed(name: str) -> None:
    """Whichever host is edited, no route of the old one is left, and none gets lost."""
    hosts = {route.host for route in sample(name).routes if route.host and "*" not in route.host}
    assert hosts
    for host in sorted(hosts):
        items = objects(name)
        edited = json.loads(
            json.dumps([item for item in items if item["kind"] == "Ingress"]).replace(host, "x.example")
        )
        items = [item for item in items if item["kind"] != "Ingress"] + edited
        topology, report = import_objects(items)
        found = {route.host for route in topology.routes}

        assert host not in found
        assert "x.example" in found
        assert len(topology.routes) == len(sample(name).routes)
        assert topology.service.keys() == sample(name).service.keys()
        assert all("is not here any more" in line for line in dropped(report))


def test_a_service_that_was_removed_is_gone_with_what_led_to_it() -> None:
    items = [item for item in objects("current") if _owner(item) != "search-service"]
    topology, report = import_objects(items)
    rest = sample("current").service.keys() - {"search-service"}
    ends = {edge.client for edge in topology.dependencies} | {edge.server for edge in topology.dependencies}
    owners = {owner for store in topology.datastores for item in store.logical_dbs for owner in item.owners}

    assert topology.service.keys() == rest
    assert "search-service" not in ends | owners
    assert {edge.key for edge in topology.dependencies} == {
        edge.key for edge in sample("current").dependencies if "search-service" not in (edge.client, edge.server)
    }
    assert all(_same(topology.service[name], sample("current").service[name]) for name in rest - {"api-gateway"})
    assert dropped(report)
    assert all("search-service" in line or "search" in line for line in dropped(report))


def test_a_workload_that_was_added_is_one_more_service() -> None:
    container = {"name": "extra", "image": "extra:1"}
    labels = {"app": "extra"}
    added = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "extra", "namespace": "nova-services"},
        "spec": {"replicas": 2, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
    }
    topology, report = import_objects([*objects("target"), added])
    without = replace(topology, services=tuple(item for item in topology.services if item.name != "extra"))

    assert topology.service["extra"].replicas == 2
    assert without.digest == sample("target").digest
    assert dropped(report) == []


def test_a_service_that_was_renamed_is_another_one() -> None:
    """What Kubernetes says of it stays; what only the record says of the old name is dropped and told."""
    text = json.dumps([item for item in objects("current") if _owner(item) == "auth-service"])
    renamed = json.loads(text)
    for item in renamed:
        item["metadata"]["name"] = item["metadata"]["name"].replace("auth-service", "identity")
        for labels in _labels(item):
            labels["app.kubernetes.io/name"] = "identity"
    items = [item for item in objects("current") if _owner(item) != "auth-service"] + renamed
    topology, report = import_objects(items)

    assert "auth-service" not in topology.service
    assert topology.service["identity"].replicas == sample("current").service["auth-service"].replicas
    assert topology.service["identity"].description == ""
    assert "service:auth-service is not here any more; what was recorded of it was left out" in dropped(report)


def test_a_datastore_follows_what_is_edited_of_its_workload() -> None:
    items = objects("target")
    workload = one(items, "StatefulSet", "redis")
    workload["spec"]["replicas"] = 5
    (server,) = (item for item in template(workload)["containers"] if item["name"] == "redis")
    server["resources"]["limits"]["memory"] = "1Gi"
    topology, report = import_objects(items)
    before, after = sample("target").datastore["redis"], topology.datastore["redis"]

    assert after.members == 5
    assert after.resources == replace(before.resources, limits=replace(before.resources.limits, memory=1 << 30))
    assert (after.logical_dbs, after.description, after.memory) == (
        before.logical_dbs,
        before.description,
        before.memory,
    )
    assert topology.datastore["postgres"].databases == sample("target").datastore["postgres"].databases
    assert all(line.startswith("datastore:redis: deployment.") for line in dropped(report))


def test_controllers_copy_annotations_and_their_copies_do_not_count() -> None:
    items = objects("current")
    workload = one(items, "Deployment", "auth-service")
    stale = records.write(records.read('{"changed":{"service:auth-service":{"description":[null,"old"]}}}').patch)
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "auth-service", "controller": True}
    copy_ = {
        **workload,
        "kind": "ReplicaSet",
        "metadata": {**workload["metadata"], "ownerReferences": [owner], "annotations": {RECORD: stale}},
    }
    topology, _ = import_objects([*items, copy_])

    assert topology.digest == sample("current").digest


def _owner(item: Manifest) -> str:
    return str(item["metadata"].get("labels", {}).get("app.kubernetes.io/name", ""))


def _labels(value: Any) -> Iterator[dict[str, Any]]:
    """Every map that names a component by its label, wherever it stands."""
    if isinstance(value, dict):
        if "app.kubernetes.io/name" in value:
            yield value
        for item in value.values():
            yield from _labels(item)
    elif isinstance(value, list):
        for item in value:
            yield from _labels(item)


def _same(one: Service, other: Service) -> bool:
    """Whether both say the same, wherever they were written down."""
    return replace(one, declared=()) == replace(other, declared=())


@settings(max_examples=80)
@given(st.sampled_from(SAMPLES), st.data())
def test_whatever_is_taken_out_the_rest_is_a_system(name: str, data: st.DataObject) -> None:
    items = objects(name)
    indexes = data.draw(st.sets(st.integers(0, len(items) - 1), max_size=len(items) // 2))
    left = [item for index, item in enumerate(items) if index not in indexes]
    topology, report = import_objects(left)
    workloads = {item["metadata"]["name"] for item in left if item["kind"] in ("Deployment", "CronJob")}

    assert Topology.model_validate(topology.to_dict()).digest == topology.digest
    assert topology.service.keys() - workloads <= {"invoicing", "redis", "postgres", "postgres-messaging"}
    for own in workloads & sample(name).service.keys():
        before, after = sample(name).service[own], topology.service[own]
        assert (after.description, after.containers) == (before.description, before.containers)
    assert all("\n" not in line for line in dropped(report))


# ---------------------------------------------------------------- sums over the raw objects

_SCALES = {"m": Fraction(1, 1000), "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "k": 10**3, "M": 10**6, "G": 10**9}


def _number(text: Any) -> Fraction:
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    assert match is not None, text
    return Fraction(match[1]) * _SCALES.get(match[2], 1)


def _asked(container: dict[str, Any], what: str) -> Fraction:
    resources = container.get("resources", {})
    for kind in ("requests", "limits"):
        if what in resources.get(kind, {}):
            return _number(resources[kind][what])
    return Fraction(0)


def _pod(spec: dict[str, Any], what: str) -> Fraction:
    """What the scheduler reserves for a pod: the larger of what runs together and of what runs before."""
    running = sum((_asked(item, what) for item in spec["containers"]), Fraction(0))
    beside = first = Fraction(0)
    for item in spec.get("initContainers", ()):
        if item.get("restartPolicy") == "Always":
            beside += _asked(item, what)
        else:
            first = max(first, beside + _asked(item, what))
    return max(running + beside, first)


def _pods(items: list[Manifest]) -> Iterator[tuple[int, dict[str, Any]]]:
    least = {
        (item["metadata"].get("namespace"), item["spec"]["scaleTargetRef"]["name"]): item["spec"]["minReplicas"]
        for item in items
        if item["kind"] == "HorizontalPodAutoscaler"
    }
    for item in items:
        own = (item["metadata"].get("namespace"), item["metadata"]["name"])
        if item["kind"] in ("Deployment", "StatefulSet"):
            yield item["spec"].get("replicas", least.get(own, 1)), template(item)
        elif item["kind"] == "CronJob":
            yield 1, item["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("figure", [("cpu", "cpu_request_millicores", 1000), ("memory", "memory_request_bytes", 1)])
@pytest.mark.parametrize("name", SAMPLES)
def test_plain_arithmetic_over_the_objects_gives_the_totals(name: str, figure: tuple[str, str, int]) -> None:
    what, field, scale = figure
    topology, context = sample(name), Context(sample(name), Settings())
    pods = list(_pods(objects(name)))
    elsewhere = {store.name for store in topology.datastores if not context.runs(store)}
    counted = [item for item in totals(topology).components if item.name.partition("/")[0] not in elsewhere]

    assert sum(count for count, _ in pods) == sum(item.amounts.pods for item in counted)
    assert sum(count * _pod(spec, what) for count, spec in pods) * scale == sum(
        getattr(item.amounts, field) for item in counted
    )


# ---------------------------------------------------------------- what somebody broke


@settings(max_examples=100)
@given(st.data())
def test_odd_marks_and_records_are_one_clear_line_or_nothing(data: st.DataObject) -> None:
    items = objects("shop-target")
    item = items[data.draw(st.integers(0, len(items) - 1))]
    key = data.draw(st.sampled_from([RECORD, "novaplan.dev/generated", "novaplan.dev/generated-for"]))
    odd = st.sampled_from(["", "{}", "[]", "null", '{"containers": 1}', '{"added": {}}', "[" * 3000, '{"env": [null]}'])
    value = data.draw(odd | st.text(max_size=20) | st.integers() | st.none())
    item["metadata"].setdefault("annotations", {})[key] = value
    try:
        topology, _ = import_objects(items)
    except InputError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either is fine
        return
    assert Topology.model_validate(topology.to_dict()).digest == topology.digest
