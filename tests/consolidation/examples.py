"""Small systems of two or three services, written as files are, and what a policy makes of them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from novaplan.consolidation import consolidate
from novaplan.errors import ConsolidationRefused
from novaplan.topology.lineage import Heir
from novaplan.topology.service import Service
from novaplan.topology.storage import loads
from novaplan.topology.system import Topology
from tests.consolidation.settling import lines, read, settled

Fields = dict[str, Any]


def system(*services: Fields, **parts: Any) -> Topology:
    """A system of ``services``, given by their fields, and of further ``parts``."""
    return loads(yaml.safe_dump({"format": "novaplan/topology/v1", "services": list(services), **parts}))


def service(name: str, **fields: Any) -> Fields:
    return {"name": name, **fields}


def main(name: str, **fields: Any) -> Fields:
    """A service with a main container of these fields."""
    return {"name": name, "containers": [{"name": name, **fields}]}


def policy(*groups: Fields, **fields: Any) -> Fields:
    return {"name": "test", "groups": list(groups), **fields}


def group(*members: str, name: str = "all", **fields: Any) -> Fields:
    return {"name": name, "members": list(members), **fields}


def merged(topology: Topology, **fields: Any) -> Service:
    """What one group of all services becomes."""
    one = group(*topology.service, **fields)
    return consolidate(topology, read(policy(one))).services[0]


def heir(target: Topology, part: str) -> Heir:
    assert target.lineage is not None
    return next(item for item in target.lineage.parts if item.part == part)


def refusal(topology: Topology, stated: Fields) -> list[tuple[str, str, str]]:
    """Subject, message and line of everything that is said against a policy."""
    with pytest.raises(ConsolidationRefused) as refused:
        consolidate(topology, read(stated))
    return list(lines(refused.value))


def settling(topology: Topology, stated: Fields, *told: tuple[str, str, str]) -> Topology:
    """The target once the policy says what its refusal asks for, which is exactly ``told``."""
    assert refusal(topology, stated) == list(told)
    target, _ = settled(topology, stated)
    return target
