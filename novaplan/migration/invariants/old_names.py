"""Each old name leads somewhere until its own step takes it away: callers, scripts and caches may still hold it.

A service that is gone is answered for by one of its family that has its name as an alias. Where target keeps the alias
it is never missing; elsewhere only a step of kind ``drop-name`` may take it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from novaplan.migration.allowing import subject
from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import service
from novaplan.migration.world import View, World

DROPS = "drop-name"


def obligations(world: World) -> Iterator[Obligation]:
    """One for each name and alias of a service of current that becomes another."""
    drops: dict[str, int] = defaultdict(int)
    for index, step in enumerate(world.steps):
        if step.kind == DROPS and subject(step):
            drops[subject(step)[0]] |= 1 << world.last[index]
    for old in world.current.services:
        heir = world.heir(old.name)
        bearers = tuple(dict.fromkeys((old.name, heir)))
        for name in (old.name, *old.aliases) if heir in world.target.service else ():
            yield Obligation(f"name {name}", partial(_lost, name=name, bearers=bearers, drops=drops[name]))


def _lost(view: View, name: str, bearers: tuple[str, ...], drops: int) -> Shortfall | None:
    if any(_answers(view, bearer, name) for bearer in bearers):
        return None
    if view.mask & drops:  # that step edits what was just read, so the state is told apart by it
        return None
    remedy = f"give {bearers[-1]} the name as an alias before {bearers[0]} goes"
    return Shortfall("nothing answers to it, and no step has taken it away", 1, remedy)


def _answers(view: View, bearer: str, name: str) -> bool:
    found = service(view, bearer, "aliases")
    return found is not None and name in (bearer, *found.aliases)
