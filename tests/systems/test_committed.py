"""Every system that is committed: current, the policy, and the target that comes out. A new one is found by itself: a
policy in models/ names its target, and the target says from which topology it was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from novaplan.consolidation import Policy, consolidate, load_policy
from novaplan.documents.files import generated_header
from novaplan.topology.parts import SYSTEM, split
from novaplan.topology.storage import dumps, load, loads
from novaplan.topology.system import Topology
from tests import golden_files

ROOT = golden_files.ROOT


@dataclass(frozen=True)
class Committed:
    current: str
    policy: str
    target: str

    @property
    def command(self) -> str:
        return f"novaplan consolidate {self.current} --policy {self.policy} -o topologies/{self.target}.yaml"


def committed() -> list[Committed]:
    found = []
    for path in sorted((ROOT / "models").glob("*-consolidation.yaml")):
        target = ROOT / "topologies" / f"{load_policy(path).target}.yaml"
        made_from = re.search(r"^lineage:\n  source: (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert made_from is not None, f"{target.name} does not say what it was made from"
        found.append(Committed(made_from[1], path.stem, target.stem))
    return found


SYSTEMS = [pytest.param(system, id=system.current) for system in committed()]
SOURCES = sorted((ROOT / "topologies").glob("*.yaml"))


def current(system: Committed) -> Topology:
    return load(ROOT / "topologies" / f"{system.current}.yaml")


def policy(system: Committed) -> Policy:
    return load_policy(ROOT / "models" / f"{system.policy}.yaml")


def test_two_quite_different_systems_are_committed() -> None:
    kinds = [{store.kind for store in current(system).datastores} for (system,) in (item.values for item in SYSTEMS)]
    assert len(kinds) >= 2
    assert not set.intersection(*kinds) - {"elasticsearch"}


def test_every_topology_is_part_of_a_system() -> None:
    used = {name for (system,) in (item.values for item in SYSTEMS) for name in (system.current, system.target)}
    assert {path.stem for path in SOURCES} == used


@pytest.mark.parametrize("system", SYSTEMS)
def test_consolidation_reproduces_the_committed_target(system: Committed) -> None:
    made = dumps(consolidate(current(system), policy(system)), header=generated_header("consolidate"))
    path = f"topologies/{system.target}.yaml"
    if golden_files.REGENERATE:
        (ROOT / path).write_text(made, encoding="utf-8")
    assert (ROOT / path).read_text(encoding="utf-8") == made, f"{path} is out of date; write it again: {system.command}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_committed_topology_survives_its_file(path: Path) -> None:
    topology = load(path)

    assert loads(dumps(topology)) == topology


@pytest.mark.parametrize("system", SYSTEMS)
def test_lineage_tells_of_every_part_once(system: Committed) -> None:
    before, target = current(system), load(ROOT / "topologies" / f"{system.target}.yaml")
    assert target.lineage is not None

    parts = split(target)
    assert [heir.part for heir in target.lineage.parts] == sorted(set(split(before)) - {SYSTEM})
    assert target.lineage.digest == before.digest
    assert not [place for heir in target.lineage.parts for place in heir.into if place not in parts]
    assert all(heir.into or heir.reason for heir in target.lineage.parts)


@pytest.mark.parametrize("system", SYSTEMS)
def test_services_become_fewer(system: Committed) -> None:
    before, target = current(system), load(ROOT / "topologies" / f"{system.target}.yaml")

    assert 2 * len(target.services) <= len(before.services)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("which", ["current", "target"])
def test_one_service_for_each_group_under_its_own_name_changes_nothing(system: Committed, which: str) -> None:
    topology = load(ROOT / "topologies" / f"{getattr(system, which)}.yaml")
    groups = [{"name": name, "members": [name]} for name in topology.service]
    idle = Policy.model_validate({"name": "idle", "target": topology.name, "groups": groups})

    same = consolidate(topology, idle)

    assert split(same) == split(topology)
    assert same.lineage is not None
    assert {heir.fate for heir in same.lineage.parts} == {"kept"}


def test_the_code_names_no_committed_system() -> None:
    """The library works for any system, so it may not know one. Only examples name the files that the wheel carries."""
    topology = load(ROOT / "topologies" / "current.yaml")
    own = [
        *topology.service,
        *(group.name for group in load_policy(ROOT / "models" / "nova-consolidation.yaml").groups),
    ]
    shipped = "|".join(re.escape(path.stem) for path in (ROOT / "models").glob("nova-*.yaml"))
    names = re.compile(rf"\b(?:{'|'.join(map(re.escape, own))})\b|nova(?!plan)", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "novaplan").rglob("*"))
        if path.suffix in (".py", ".j2", ".txt", ".md", ".html", ".css", ".sql", ".sh")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if names.search(re.sub(shipped, "", line))
    ]
    assert not found
