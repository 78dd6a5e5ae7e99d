"""Plans that the tests share, each made once."""

from __future__ import annotations

from functools import cache

from novaplan.migration.plan import Plan
from novaplan.migration.planning import plan
from novaplan.topology.storage import load
from novaplan.topology.system import Topology


@cache
def sides(current: str, target: str) -> tuple[Topology, Topology]:
    """Two committed systems."""
    return load(current), load(target)


@cache
def planned(current: str = "current", target: str = "target") -> Plan:
    """The plan from the one to the other."""
    return plan(*sides(current, target))
