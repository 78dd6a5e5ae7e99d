"""Charts: Helm and novaplan's own importer make of them exactly what the system renders to in each environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from novaplan.documents import writer
from novaplan.errors import InputError
from novaplan.importers.kubernetes.charts import read_chart
from novaplan.render.assembly import Bundle, assemble
from novaplan.render.context import Context
from novaplan.render.environments import context_for, context_without, environments
from novaplan.render.layouts import helm
from novaplan.render.manifests import Manifest
from novaplan.render.settings import Settings
from tests.render.layouts.clusters import SYSTEMS, by_name, parsed, run, system, write
from tests.render.layouts.test_kustomize import staged


def present(node: Any) -> Any:
    """``node`` without fields that are null, which to Kubernetes are not there."""
    if isinstance(node, dict):
        return {key: present(item) for key, item in node.items() if item is not None}
    return [present(item) for item in node] if isinstance(node, list) else node


def ours(folder: Path, *values: Path) -> list[Manifest]:
    return [dict(item.value) for item in read_chart(folder, [], values)]


def helms(folder: Path, *values: Path) -> list[Manifest]:
    return parsed(run("helm", "template", "x", folder, *(f"--values={file}" for file in values)))


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("described", [False, True], ids=["default environments", "described environments"])
def test_a_chart_is_what_each_environment_renders_to(name: str, described: bool, tmp_path: Path) -> None:
    topology = system(name)
    context = Context(topology, staged(topology) if described else Settings())
    folder = write(helm.tree(context, assemble), tmp_path)
    expected: dict[tuple[Path, ...], list[Manifest]] = {(): assemble(context_without(context)).manifests}
    for environment in environments(context):
        file = folder / f"values-{environment.name}.yaml"
        expected[(file,)] = assemble(context_for(context, environment)).manifests
    run("helm", "lint", "--strict", folder)
    for values, wanted in expected.items():
        assert by_name(present(ours(folder, *values))) == by_name(wanted), values
        assert by_name(present(helms(folder, *values))) == by_name(wanted), values


def test_values_are_what_people_change(tmp_path: Path) -> None:
    folder = write(helm.tree(Context(system("shop"), Settings()), assemble), tmp_path)
    values = yaml.safe_load((folder / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((folder / "values.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    validator.validate(values)
    service = system("shop").services[0]
    mine = values["services"][service.name]
    assert set(mine) >= {"images", "resources"}
    mine["images"] = dict.fromkeys(mine["images"], "registry.example/new:2")
    override = tmp_path / "more.yaml"
    override.write_text(yaml.safe_dump({"services": {service.name: {"images": mine["images"]}}}), encoding="utf-8")
    changed = by_name(ours(folder, override))
    workload = next(item for key, item in changed.items() if key[1] == "Deployment" and key[3] == service.name)
    assert {item["image"] for item in workload["spec"]["template"]["spec"]["containers"]} == {"registry.example/new:2"}
    assert by_name(present(helms(folder, override))) == by_name(present(list(changed.values())))
    mine["replica"] = 3
    assert [error.message for error in validator.iter_errors(values)]


def test_an_optional_service_can_be_switched_off(tmp_path: Path) -> None:
    topology = next(found for found in map(system, SYSTEMS) if any(item.optional for item in found.services))
    name = next(item.name for item in topology.services if item.optional)
    folder = write(helm.tree(Context(topology, Settings()), assemble), tmp_path)
    off = tmp_path / "off.yaml"
    off.write_text(yaml.safe_dump({"services": {name: {"enabled": False}}}), encoding="utf-8")
    on, left = by_name(ours(folder)), by_name(ours(folder, off))
    gone = [on[key] for key in on if key not in left]
    assert {item["metadata"]["labels"]["app.kubernetes.io/name"] for item in gone} == {name}
    assert {"Deployment", "Service"} <= {item["kind"] for item in gone}
    assert by_name(present(helms(folder, off))) == by_name(present(list(left.values())))


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    (
        "{{",
        "{{{",
        "}}",
        "{{ .Values.a }}",
        '{{ "{{" }}',
        '{{ if index .Values "a" -}}\n',
        "{{ end -}}",
        "a\n\n",
        "value0x1",
    )
)


def config_map(data: dict[str, str]) -> Bundle:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}
    return Bundle({"a.yaml": [item]}, ())


@given(base=st.dictionaries(TEXTS, TEXTS, max_size=4), other=st.dictionaries(TEXTS, TEXTS, max_size=4))
def test_any_text_comes_through(tmp_path_factory: pytest.TempPathFactory, base: Any, other: Any) -> None:
    settings = Settings.model_validate({"environments": [{"name": "x"}]})

    def build(context: Context) -> Bundle:
        return config_map(other if context.environment else base)

    folder = write(helm.tree(Context(system("shop"), settings), build), tmp_path_factory.mktemp("chart"))
    (plain,), (changed,) = ours(folder), ours(folder, folder / "values-x.yaml")
    assert plain["data"] == base
    assert changed["data"] == other


def test_hostile_text_comes_through_helm_too(tmp_path: Path) -> None:
    data = {
        "a": '{{ .Values.x }} {{{ "{{" }}',
        "b": "{{ end -}}\n{{ if }}\n\n",
        "c{{": "yes",
        "d": "value0x0",
        "e": "é🚀 <&>",
    }
    folder = write(helm.tree(Context(system("shop"), Settings()), lambda _: config_map(data)), tmp_path)
    assert [item["data"] for item in helms(folder)] == [data]


# ---------------------------------------------------------------- charts of others


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("a: b\nx: {{ .Values.x }}\n", 2),
        ("{{- if .Values.x }}\n{{- end }}\n", 1),
        ('{{ if index .Values "x" -}}\na: b\n', 3),
        ("a: b\n{{ end -}}\n", 2),
        ('a: {{ toJson (index .Values "a" "b" "c") }}\n', 1),
        ('{{ include "x" . }}\n', 1),
    ],
)
def test_a_chart_that_needs_helm_is_refused_with_its_line(tmp_path: Path, template: str, line: int) -> None:
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "web" / "Chart.yaml").write_text("name: web\n")
    (tmp_path / "web" / "values.yaml").write_text("a: {b: 1}\n")
    file = tmp_path / "web" / "templates" / "web.yaml"
    file.write_text(template)
    with pytest.raises(InputError) as caught:
        read_chart(tmp_path / "web", [])
    folder = tmp_path / "web"
    assert str(caught.value) == (
        f"{file}:{line}: uses more of Helm's template language than novaplan reads; "
        f"render it: helm template web {folder} | novaplan import kubernetes -"
    )


def test_the_lines_of_a_template_stay(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("name: web\n")
    (folder / "values.yaml").write_text(writer.dump({"here": True, "away": False}))
    item = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
    text = "".join(
        f'---\n{{{{ if index .Values "{name}" -}}}}\n{item % name}{{{{ end -}}}}\n' for name in ("away", "here", "none")
    )
    (folder / "templates" / "a.yaml").write_text(text)
    assert [(found.name, found.line) for found in read_chart(folder, [])] == [("here", 9)]
