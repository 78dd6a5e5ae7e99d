"""Plans that the tests share, each made once."""

from __future__ import annotations

from functools import cache

from novaplan.migration.planning import plan

from novaplan.migration.invariants import all_invariants
from novaplan.migration.proof import Proof, prove
from novaplan.migration.rollout import load_rollout
from novaplan.migration.step import Step
from novaplan.migration.world import World
from novaplan.topology.storage import load
from novaplan.topology.system import Topology


@cache
def sides(current: str, target: str) -> tuple[Topology, Topology]:
    """Two committed systems."""
    return load(current), load(target)


@cache
def steps_of(current: str = "current", target: str = "target") -> tuple[Step, ...]:
    """The steps from the one to the other."""
    return tuple(plan(*sides(current, target)).steps)


@cache
def proved(current: str = "current", target: str = "target") -> tuple[World, Proof]:
    """All states of that plan, and what is proved of them."""
    world = World(*sides(current, target), steps_of(current, target), load_rollout())
    return world, prove(world, all_invariants())
