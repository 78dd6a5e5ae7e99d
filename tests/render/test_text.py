"""Whatever stands in a topology's texts stands in the files as it is, and reaches no shell."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import novaplan
from novaplan.render.tree import Tree
from novaplan.topology.system import Topology
from tests.render.examples import bundle, one, settings, system, template
from tests.strategies import HOSTILE_LABELS, HOSTILE_TEXTS, texts

SHELL = (
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "' || touch pwned",
    '" && touch pwned',
    "\\",
    "${HOME}",
    "!!",
)
FREE = ("description", "value", "purpose", "image", "command", "team", "language", "framework", "reason", "build")


def poisoned(node: Any, text: str, label: str, key: str = "") -> Any:
    """A system as a file holds it, with ``text`` in every field of free text and ``label`` in names that servers
    give."""
    if isinstance(node, dict):
        return {name: poisoned(item, text, label, name) for name, item in node.items()}
    if isinstance(node, list):
        return [poisoned(item, text, label, key) for item in node]
    if key in FREE:
        return f"a{text}" if key == "image" else text
    return f"{node}{label}" if key in ("topic", "group", "handler") and isinstance(node, str) else node


def target(text: str, label: str) -> Topology:
    body = system("target").to_dict()
    body.pop("lineage")
    body = poisoned(body, text, label)
    for service in body["services"]:
        for probe in ("readiness", "liveness"):
            service["containers"][0]["probes"][probe] = {"type": "exec", "command": ["sh", "-c", text]}
        service["containers"][0]["command"] = ["run", text]
        service["flags"] = [{"name": f"f{label}", "description": text}]
    for store in body["datastores"]:
        for part in ("topics", "consumer_groups"):
            store[part] = [{"name": label}]
    return Topology.model_validate(body)


def scripts(tree: Tree, folder: Path) -> list[Path]:
    """Every script of a tree, as files: those that stand alone and those in ConfigMaps and containers."""
    found = []
    for name, file in tree.files.items():
        if name.endswith(".sh"):
            found.append((name, file.text))
        elif name.endswith(".yaml"):
            for item in yaml.load_all(file.text, yaml.CSafeLoader):
                if item and item["kind"] == "ConfigMap":
                    found += [(f"{item['metadata']['name']}-{key}", text) for key, text in item["data"].items()]
    made = []
    for name, text in found:
        if name.endswith(".sh"):
            made.append(folder / name)
            made[-1].write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}")
    return made


def linted(paths: list[Path]) -> str:
    """What shellcheck says."""
    tool = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    if tool is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run([tool, "--format=gcc", *map(str, paths)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@given(text=st.sampled_from(SHELL) | st.sampled_from(HOSTILE_TEXTS) | texts(), label=st.sampled_from(HOSTILE_LABELS))
def test_files_hold_the_same_text(text: str, label: str) -> None:
    topology = target(text, label)
    made = novaplan.render_manifests(topology, settings())
    read = [
        item
        for name, file in made.files.items()
        if name.endswith(".yaml")
        for item in yaml.load_all(file.text, yaml.CSafeLoader)
    ]
    for service in topology.services:
        pod = template(one(read, "Deployment", service.name))["spec"]
        (container,) = pod["containers"]
        assert container["command"] == ["run", text]
        assert container["livenessProbe"]["exec"]["command"] == ["sh", "-c", text]
        assert container["image"] == f"a{text}"
        values = {item["name"]: item["value"] for item in container["env"] if "value" in item}
        assert set(values.values()) == {text}
    secret = one(read, "Secret", "api-service-secret")
    assert set(json.loads(secret["metadata"]["annotations"]["novaplan.dev/keys"]).values()) >= {text}


@pytest.mark.parametrize("text", SHELL)
def test_scripts_stay_clean(tmp_path: Path, text: str) -> None:
    made = novaplan.render_manifests(target(text, text.replace(" ", "_")), settings())
    found = scripts(made, tmp_path)
    assert len(found) >= 3
    assert linted(found) == ""
    for path in found:
        assert "touch pwned" not in path.read_text()


def test_scripts_of_the_samples_are_clean(tmp_path: Path) -> None:
    for name in ("current", "target", "shop", "shop-target"):
        folder = tmp_path / name
        folder.mkdir()
        assert linted(scripts(novaplan.render_manifests(system(name), settings()), folder)) == ""


def test_the_script_that_waits_is_clean(tmp_path: Path) -> None:
    (wait,) = one(bundle("target").manifests, "Deployment", "api-service")["spec"]["template"]["spec"]["initContainers"]
    script = tmp_path / "wait.sh"
    script.write_text("#!/bin/sh\n" + wait["command"][2])
    assert linted([script]) == ""


def test_the_linter_finds_what_is_wrong(tmp_path: Path) -> None:
    script = tmp_path / "bad.sh"
    script.write_text("#!/bin/sh\nrm $1\n")
    assert "SC2086" in linted([script])


@pytest.mark.parametrize("name", ["current", "target", "shop", "shop-target"])
def test_same_topology_same_bytes(name: str) -> None:
    again = Topology.model_validate(system(name).to_dict())
    made, same = (novaplan.render_manifests(item, settings()) for item in (system(name), again))
    assert made.files == same.files
    for path, file in made.files.items():
        assert file.text.endswith("\n"), path
        assert "Written by novaplan render" in file.text[:1000], path
