"""What tests of layouts share: systems, environments, and the cluster's own tools."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import novaplan
from novaplan.render.manifests import Manifest, identity
from novaplan.render.tree import File
from novaplan.topology.system import Topology

SYSTEMS = ("current", "target", "shop", "shop-target")


@cache
def system(name: str) -> Topology:
    return novaplan.load(Path(__file__).parents[3] / "topologies" / f"{name}.yaml")


def write(files: Mapping[str, File], folder: Path) -> Path:
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    return folder


def parsed(text: str) -> list[Manifest]:
    return [item for item in yaml.load_all(text, yaml.CSafeLoader) if item is not None]


def by_name(items: list[Manifest]) -> dict[tuple[str, ...], Manifest]:
    found = {identity(item): item for item in items}
    assert len(found) == len(items)
    return found


def run(tool: str, *arguments: Any) -> str:
    """What a tool of the cluster prints; the test is skipped where it is not installed."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed; scripts/cluster-tools gets it")
    done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
