"""Reads and writes of one service go to one store: its old and its new pods use the same place, or a replica of it.

Where a service's data is somewhere else on target, the old service is given the new place before its heir has traffic;
while both are active and look at different places, what one writes the other does not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import active
from novaplan.migration.world import View, World
from novaplan.topology.parts import kind_of
from novaplan.topology.wiring import Dependency

Where = tuple[str, str | None, int | None]


def obligations(world: World) -> Iterator[Obligation]:
    """One for each dependency of current whose place changes."""
    for own, heirs in world.heirs.items():
        if kind_of(own) != "dependency":
            continue
        old = cast(Dependency, world.start[own])
        for heir in heirs:
            new = world.wanted.get(heir)
            if isinstance(new, Dependency) and _holds_data(old) and _holds_data(new) and _moved(old, new):
                yield Obligation(f"{own} -> {heir}", partial(_parted, old=own, new=heir))


def _moved(old: Dependency, new: Dependency) -> bool:
    return old.client != new.client and _where(old) != _where(new)


def _holds_data(edge: Dependency) -> bool:
    return edge.mode in ("reads", "writes") and not edge.possible


def _where(edge: Dependency) -> Where:
    return edge.server, edge.database, edge.logical_db


def _parted(view: View, old: str, new: str) -> Shortfall | None:
    before, after = view.part(old, Dependency), view.part(new, Dependency)
    if before is None or after is None or not active(view, before.client) or not active(view, after.client):
        return None
    message = f"{before.client} and its heir {after.client} both have traffic and keep their data apart"
    return Shortfall(message, 1, f"let {before.client} use the new place before {after.client} gets traffic")
