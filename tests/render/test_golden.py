"""What is written for the committed systems, file by file: read the difference before you commit it."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.render.render import render_manifests
from tests import golden_files
from tests.render.examples import SYSTEMS, system

FOLDER = "tests/golden/render"

WHOLE: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"{name}/plain": (name, {}) for name in SYSTEMS},
    **{f"target/{layout}": ("target", {"layout": layout}) for layout in ("kustomize", "helm", "compose")},
}
"""Trees of which every file is kept."""

PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "target/external-secrets": ("target", {"secrets": "external-secrets"}),
    "target/chinese": ("target", {"language": "zh"}),
}
"""Trees of which only those files are kept that differ from the plain one."""


def texts(name: str, **how: Any) -> dict[str, str]:
    return {path: file.text for path, file in render_manifests(system(name), **how).files.items()}


def held(case: str, files: dict[str, str]) -> None:
    """``files`` are those of the golden tree of ``case``, no more and no fewer."""
    for path, text in files.items():
        golden_files.check(f"{FOLDER}/{case}/{path}", text)
    folder = golden_files.ROOT / FOLDER / case
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    stale = kept - set(files)
    if golden_files.REGENERATE:
        for path in stale:
            (folder / path).unlink()
        stale = set()
    assert not stale, f"no longer written: {sorted(stale)}; run scripts/golden"


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_tree(case: str) -> None:
    name, how = WHOLE[case]
    held(case, texts(name, **how))


@pytest.mark.parametrize("case", PARTS)
def test_what_differs_from_the_plain_tree(case: str) -> None:
    name, how = PARTS[case]
    plain = texts(name)
    different = {path: text for path, text in texts(name, **how).items() if plain.get(path) != text}
    assert different
    held(case, different)


def test_generated_values_stand_in_none_of_the_files() -> None:
    assert texts("target", secrets="generate") == texts("target")


def test_the_target_is_the_files_that_teams_were_promised() -> None:
    assert sorted(texts("target")) == [
        "K8S_CONFIGURATION_VALIDATION_REPORT.md",
        "K8S_DEPLOYMENT_SUMMARY.md",
        "K8S_FILES_INDEX.md",
        "K8S_LOCAL_DEPLOYMENT_GUIDE.md",
        "K8S_QUICK_START.md",
        "deploy-local-k8s.sh",
        "kustomization.yaml",
        "microservices-deployments.yaml",
        "microservices-secrets.yaml",
        "postgres-ha-statefulset.yaml",
        "redis-sentinel-statefulset.yaml",
    ]


def test_the_golden_trees_stay_small() -> None:
    sizes = [path.stat().st_size for path in (golden_files.ROOT / FOLDER).rglob("*") if path.is_file()]
    assert 0 < sum(sizes) < 3_000_000
