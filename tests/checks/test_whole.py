"""Whole systems: the targets are sound, the way there makes nothing new unsound, and what is broken is noticed."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from tempfile import TemporaryDirectory

import pytest

from novaplan import load, plan, render_manifests
from novaplan.checks.reading import described, described_objects
from novaplan.checks.running import check_topology, run
from novaplan.findings import Finding
from novaplan.importers.kubernetes.manifests import Manifest
from novaplan.importers.kubernetes.sources import read_all
from novaplan.topology.lineage import Lineage
from tests.checks.mutants import mutants

PAIRS = [("current", "target"), ("shop", "shop-target")]
ENOUGH_CAUGHT = 95
"""Of a hundred ways to break the manifests."""


def grave(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity != "note"]


def test_target_is_sound() -> None:
    assert grave(check_topology(load("target"))) == []


def families(lineage: Lineage | None) -> dict[str, str]:
    """What each service and each datastore becomes."""
    parts = lineage.parts if lineage else ()
    heirs = {heir.part: heir.into[0] for heir in parts if heir.into}
    return {_name(part): _name(into) for part, into in heirs.items() if part.startswith(("service:", "datastore:"))}


def _name(address: str) -> str:
    return address.partition(":")[2]


@pytest.mark.parametrize(("start", "end"), PAIRS)
def test_no_state_on_the_way_is_worse_than_both_ends(start: str, end: str) -> None:
    """What is said of a state is said of current or of target too, once everything goes by the name of its heir: while
    both run, what an old service shares with its heir is shared with itself."""
    current, target = load(start), load(end)
    heirs = families(target.lineage)
    found = plan(current, target)
    ends = (*check_topology(current), *check_topology(target))
    known = {(item.check, heirs.get(item.subject, item.subject)) for item in ends}
    new = defaultdict(list)
    for number in range(len(found.steps) + 1):
        for finding in grave(run(described(found.state(number)))):
            subject = heirs.get(finding.subject, finding.subject)
            if (finding.check, subject) not in known and not _among_themselves(finding, heirs):
                new[finding.check, subject].append((number, finding.message))
    assert not new


def _among_themselves(finding: Finding, heirs: dict[str, str]) -> bool:
    """Whether all the services that a finding names become one."""
    named = {name for name in {*heirs, *heirs.values()} if name in finding.message} - {finding.subject}
    return len({heirs.get(name, name) for name in named}) == 1


@cache
def rendered() -> tuple[Manifest, ...]:
    """The manifests of the target, as they are read back."""
    with TemporaryDirectory() as folder:
        render_manifests(load("target")).write(folder)
        return tuple(read_all([folder], []))


def told(objects: tuple[Manifest, ...] | list[Manifest]) -> set[tuple[str, str, str]]:
    return {(item.check, item.subject, item.message) for item in run(described_objects(objects))}


def test_what_is_rendered_has_no_error() -> None:
    assert [item for item in run(described_objects(rendered())) if item.severity == "error"] == []


def test_ways_to_break_the_manifests_are_noticed() -> None:
    known = told(rendered())
    survivors, count = [], 0
    for done, objects in mutants(rendered()):
        count += 1
        new = told(objects) - known
        assert not any(check == "internal" for check, _, _ in new), (done, new)
        if not new:
            survivors.append(done)
    share = 100 * (count - len(survivors)) / count
    assert count >= 100
    assert share >= ENOUGH_CAUGHT, f"{share:.1f} % of {count}; not noticed: {survivors}"
