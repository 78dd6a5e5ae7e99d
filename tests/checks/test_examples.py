"""Every check has an example that fails it, one that passes it, and a page; each of its readings is exercised."""

from pathlib import Path

import pytest

from novaplan.checks.catalogue import READINGS, Check, all_checks
from tests import golden_files
from tests.checks.examples import FOLDER, described, examples, findings, marked

CHECKS = all_checks()
FAILING = [
    pytest.param(check, path, id=f"{check.name}-{path.stem}") for check in CHECKS for path in examples(check, "fails")
]
PASSING = [
    pytest.param(check, path, id=f"{check.name}-{path.stem}") for check in CHECKS for path in examples(check, "passes")
]


@pytest.mark.parametrize(("check", "path"), FAILING)
def test_fails(check: Check, path: Path) -> None:
    found = findings(check, path)
    assert found, "finds nothing"
    for finding in found:
        assert finding.check == check.name, finding.message
        assert finding.subject
        assert finding.message
        assert finding.remedy
        assert finding.line
        assert finding.file
        assert not finding.message.endswith(".")
        assert not finding.remedy.endswith(".")
    if marked(path):
        assert sorted({finding.line for finding in found}) == marked(path), [str(item) for item in found]


@pytest.mark.parametrize(("check", "path"), PASSING)
def test_passes(check: Check, path: Path) -> None:
    assert findings(check, path) == ()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_is_complete(check: Check) -> None:
    assert examples(check, "fails"), "no example fails it"
    assert examples(check, "passes"), "no example passes it"
    assert check.title.endswith(".")
    assert check.text
    assert check.readings
    assert _exercised(check, "fails") == _exercised(check, "passes") == set(check.readings)


def _exercised(check: Check, verdict: str) -> set[str]:
    """The readings that the examples make the check use."""
    found = set()
    for path in examples(check, verdict):
        one, other = described(path)
        there = {
            "objects": one.cluster is not None,
            "compose": one.project is not None,
            "workloads": one.draft is not None,
            "topology": one.topology is not None,
        }
        if other is not None and "against" in check.readings:
            found.add("against")
        found |= set([name for name in READINGS if name in check.readings and there.get(name)][:1])
    return found


def test_no_example_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {check.name for check in CHECKS}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_page(check: Check) -> None:
    golden_files.check(f"docs/checks/{check.name}.md", _page(check))


def test_index() -> None:
    lines = ["# Checks", "", "Generated from the code by `scripts/golden`. [How checks work](../checks.md).", ""]
    for family in sorted({check.family for check in CHECKS}):
        lines += [f"## {family}", "", "| check | severity | what must hold |", "|---|---|---|"]
        rows = [check for check in CHECKS if check.family == family]
        lines += [f"| [{check.name}]({check.name}.md) | {check.severity} | {check.title} |" for check in rows]
        lines.append("")
    golden_files.check("docs/checks/README.md", "\n".join(lines))


def test_no_page_is_left_over() -> None:
    pages = {path.stem for path in (golden_files.ROOT / "docs" / "checks").glob("*.md")}
    assert pages == {"README", *(check.name for check in CHECKS)}


_READS = {
    "objects": "Kubernetes manifests",
    "compose": "compose files",
    "workloads": "what containers see, in manifests and compose files",
    "topology": "topologies",
    "against": "two descriptions of one system (`--against`)",
}


def _page(check: Check) -> str:
    reads = "; ".join(_READS[reading] for reading in check.readings)
    return "\n\n".join(
        [
            f"# {check.name}",
            "Generated from the code and its test by `scripts/golden`.",
            f"**{check.title}**",
            f"Severity: {check.severity}. Family: {check.family}. Reads: {reads}.",
            check.text,
            "## Fails\n\n" + _example(examples(check, "fails")[0]),
            "## Passes\n\n" + _example(examples(check, "passes")[0]),
            "",
        ]
    ).replace("\n\n\n", "\n\n")


def _example(path: Path) -> str:
    text = path.read_text(encoding="utf-8").replace("  # here", "").rstrip()
    fence = "````" if "```" in text else "```"
    return f"{fence}yaml\n{text}\n{fence}"
