"""``novaplan check`` and ``novaplan checks``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from novaplan.checks.catalogue import all_checks
from tests.checks.examples import FOLDER
from tests.cli.command import Run

EXAMPLE = FOLDER / "service-without-pods"
ONLY = ("--only", "service-without-pods")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "k8s" / "web.yaml"
    file.parent.mkdir()
    shutil.copy(EXAMPLE / "fails.yaml", file)
    return file


def test_table_and_exit_status(novaplan: Run, broken: Path) -> None:
    result = novaplan("check", "k8s", *ONLY)
    assert (result.status, result.err) == (3, "")
    assert result.out.splitlines()[0] == "error service-without-pods  k8s/web.yaml:5"
    assert result.out.splitlines()[-1] == "k8s: 1 error"
    assert max(map(len, result.out.splitlines())) <= 80


def test_what_passes(novaplan: Run, broken: Path) -> None:
    shutil.copy(EXAMPLE / "passes.yaml", broken)
    result = novaplan("check", "k8s", *ONLY)
    assert (result.out, result.err, result.status) == ("k8s: nothing found\n", "", 0)


@pytest.mark.parametrize(("threshold", "status"), [("error", 3), ("warning", 3), ("note", 3), ("never", 0)])
def test_fail_on(novaplan: Run, broken: Path, threshold: str, status: int) -> None:
    assert novaplan("check", "k8s", *ONLY, "--fail-on", threshold).status == status


def test_json(novaplan: Run, broken: Path) -> None:
    found = json.loads(novaplan("check", "k8s", *ONLY, "--format", "json").out)
    assert found["format"] == "novaplan/check/v1"
    assert found["checked"] == [{"name": "k8s", "form": "manifests"}]
    assert found["summary"] == {"error": 1, "warning": 0, "note": 0, "accepted": 0}
    (finding,) = found["findings"]
    assert list(finding) == ["check", "severity", "subject", "message", "file", "line", "remedy"]
    assert (finding["check"], finding["subject"], finding["line"]) == ("service-without-pods", "Service shop/web", 5)


def test_sarif(novaplan: Run, broken: Path) -> None:
    found = json.loads(novaplan("check", "k8s", *ONLY, "--format", "sarif").out)
    (run,) = found["runs"]
    rules = run["tool"]["driver"]["rules"]
    (result,) = run["results"]
    assert {check.name for check in all_checks()} == {rule["id"] for rule in rules}
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "service-without-pods"
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "k8s/web.yaml"}, "region": {"startLine": 5}}
    assert result["level"] == "error"


def test_waivers(novaplan: Run, broken: Path, tmp_path: Path) -> None:
    line = "  - {{check: service-without-pods, subject: '{}', reason: made later, expires: {}}}\n"
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n" + line.format("Service shop/web", "9999-12-31") + line.format("*", "2001-01-01"))
    result = novaplan("check", "k8s", *ONLY, "--waivers", "waivers.yaml")
    assert (result.status, result.out) == (0, "k8s: nothing found; 1 accepted finding not shown\n")
    assert result.err == "novaplan: warning: the waiver of service-without-pods for * covers nothing; remove it\n"
    sarif = json.loads(novaplan("check", "k8s", *ONLY, "--waivers", "waivers.yaml", "--format", "sarif").out)
    assert sarif["runs"][0]["results"][0]["suppressions"][0]["justification"] == "made later"


def test_manifests_on_standard_input(novaplan: Run, broken: Path) -> None:
    result = novaplan("check", "-", *ONLY, stdin=broken.read_text())
    assert result.status == 3
    assert "<stdin>:5" in result.out


def test_bad_input(novaplan: Run, broken: Path) -> None:
    assert "did you mean" in novaplan("check", "k8s", "--only", "service-without-pod").problems[0]
    assert "there is no topology named 'nothing'" in novaplan("check", "nothing").problems[0]
    assert novaplan("check", "-", "--against", "-").status == 2
    assert novaplan("check", "k8s", "--waivers", "none.yaml").status == 1


def test_checks_lists_every_check(novaplan: Run) -> None:
    text = novaplan("checks").out
    found = json.loads(novaplan("checks", "--format", "json").out)
    assert found["format"] == "novaplan/checks/v1"
    names = [check["name"] for check in found["checks"]]
    assert names == [check.name for check in all_checks()]
    assert all(name[:10] in text for name in names)
    assert all(check["title"] and check["text"] and check["reads"] for check in found["checks"])


def test_checks_shows_the_documentation_of_one(novaplan: Run) -> None:
    text = novaplan("checks", "service-without-pods").out
    assert text.startswith("service-without-pods (references, error)\n\nEvery Service selects a pod.\n\n")
    assert novaplan("checks", "service-without-pod").status == 1
