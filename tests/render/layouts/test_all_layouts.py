"""What holds for every layout: any topology, any YAML parser, any machine, twice into the same folder."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given, reject, settings
from ruamel.yaml import YAML

from novaplan.errors import InputError
from novaplan.importers.kubernetes import kustomize as importer
from novaplan.importers.kubernetes.charts import read_chart
from novaplan.render.assembly import Bundle, assemble
from novaplan.render.context import Context
from novaplan.render.environments import context_for, context_without, environments
from novaplan.render.layouts import compose, helm, kustomize
from novaplan.render.render import render_manifests
from novaplan.render.settings import Layout
from novaplan.render.validation.validate import validate
from novaplan.topology.datastore import Patroni
from novaplan.topology.system import Topology
from tests.render import examples
from tests.render.layouts.clusters import SYSTEMS, by_name, system, write
from tests.render.layouts.test_helm import present

LAYOUTS = get_args(Layout)
VERSIONS = examples.settings().kubernetes
_ROOT = Path(__file__).parents[3]


# ---------------------------------------------------------------- the schemas of Kubernetes


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "compose"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_every_object_of_every_environment_passes_the_schemas(name: str, layout: Layout) -> None:
    for form in ("placeholder", "external-secrets", "generate"):
        assert render_manifests(system(name), layout=layout, secrets=form, validate=True).files


def test_what_does_not_pass_is_refused_with_every_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    from novaplan.render import render

    def spoiled(*arguments: Any) -> Bundle:
        bundle = assemble(*arguments)
        for item in bundle.manifests[-2:]:
            item["surprise"] = 1
        return bundle

    monkeypatch.setattr(render, "assemble", spoiled)
    with pytest.raises(InputError) as caught:
        render_manifests(system("shop"), validate=True)
    assert [line.endswith(": surprise: there is no such field") for line in str(caught.value).splitlines()] == [
        True
    ] * 2


@settings(max_examples=50)
@given(examples.drawn())
def test_whatever_is_rendered_passes_the_schemas(drawn: tuple[Topology, Bundle]) -> None:
    _, bundle = drawn
    assert validate(bundle.manifests, VERSIONS) == []


# ---------------------------------------------------------------- any topology


@settings(max_examples=40)
@given(examples.drawn())
def test_overlays_and_charts_hold_what_any_system_renders_to(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Topology, Bundle]
) -> None:
    topology, _ = drawn
    context = Context(topology, examples.settings())
    try:
        overlays = write(kustomize.tree(context, assemble), tmp_path_factory.mktemp("kustomize"))
        chart = write(helm.tree(context, assemble), tmp_path_factory.mktemp("chart"))
    except InputError:  # one replica may be what the topology cannot have
        reject()
    places = {None: context_without(context)}
    places |= {found.name: context_for(context, found) for found in environments(context)}
    for name, where in places.items():
        wanted = by_name(assemble(where).manifests)
        folder = overlays / ("base" if name is None else f"overlays/{name}")
        assert by_name([dict(item.value) for item in importer.build(folder, [])]) == wanted
        values = () if name is None else (chart / f"values-{name}.yaml",)
        made = [dict(item.value) for item in read_chart(chart, [], values)]
        assert by_name(present(made)) == by_name(present(list(wanted.values())))


@settings(max_examples=40)
@given(examples.drawn())
def test_any_system_becomes_a_compose_project(drawn: tuple[Topology, Bundle]) -> None:
    topology, _ = drawn
    if any(isinstance(item.deployment, Patroni) and item.deployment.etcd is None for item in topology.datastores):
        reject()  # which needs Kubernetes
    tree = compose.tree(Context(topology, examples.settings()), assemble)
    found = yaml.load(tree[compose.FILE].text, yaml.CSafeLoader)
    services = found["services"]
    for item in topology.services:  # a stateful set of several is called as its pods are
        assert {item.name, f"{item.name}-0", f"{item.name}.0"} & set(services)
    for body in services.values():
        assert set(body.get("depends_on", {})) <= set(services)
        assert set(body.get("networks", {})) <= set(found.get("networks", {}))


# ---------------------------------------------------------------- any parser, any machine


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_every_file_reads_the_same_under_yaml_1_1_and_1_2(name: str, layout: Layout) -> None:
    read = 0
    for path, file in render_manifests(system(name), layout=layout).files.items():
        if path.endswith((".yaml", ".yml")) and not path.startswith("templates/"):
            newer = YAML(typ="safe", pure=True)
            newer.version = (1, 2)
            assert list(newer.load_all(io.StringIO(file.text))) == list(yaml.load_all(file.text, yaml.CSafeLoader))
            assert file.text.startswith("# Written by novaplan render;")
            assert file.text.endswith("\n")
            read += 1
    assert read


_DIGESTS = """
import hashlib, sys
from typing import get_args
import novaplan
from novaplan.render.render import render_manifests
from novaplan.render.settings import Layout
topology = novaplan.load(sys.argv[1])
for layout in get_args(Layout):
    for path, file in render_manifests(topology, layout=layout).files.items():
        print(layout, path, file.executable, hashlib.sha256(file.text.encode()).hexdigest())
"""


def test_the_same_topology_gives_the_same_bytes_everywhere() -> None:
    answers = set()
    for seed, locale, zone in (("0", "C", "UTC"), ("1", "tr_TR.UTF-8", "Asia/Kathmandu"), ("77", "C.UTF-8", "EST5EDT")):
        place = {"PYTHONHASHSEED": seed, "LC_ALL": locale, "LANG": locale, "TZ": zone}
        command = [sys.executable, "-c", _DIGESTS, str(_ROOT / "topologies/target.yaml")]
        done = subprocess.run(
            command, env={**os.environ, **place}, cwd=_ROOT, capture_output=True, text=True, check=True
        )
        answers.add(done.stdout)
    (answer,) = answers
    assert {line.split()[0] for line in answer.splitlines()} == set(LAYOUTS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_folder_may_be_written_again(layout: Layout, tmp_path: Path) -> None:
    tree = render_manifests(system("shop"), layout=layout)
    tree.write(tmp_path / "out")
    assert tree.write(tmp_path / "out") == ()
