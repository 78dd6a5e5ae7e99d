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
from novaplan.topology.base import replace
from novaplan.topology.parts import dependency_address, kind_of
from novaplan.topology.wiring import Dependency

Where = tuple[str, str | None, int | None, tuple[str, ...]]


def obligations(world: World) -> Iterator[Obligation]:
    """One for each dependency of current whose place changes."""
    for own, heirs in world.heirs.items():
        if kind_of(own) != "dependency":
            continue
        old = cast(Dependency, world.start[own])
        for heir in heirs:
            new = world.wanted.get(heir)
            if old.server not in world.current.datastore or not isinstance(new, Dependency):
                continue
            if old.client != new.client and _apart(old, new):
                led = dependency_address(replace(new, client=old.client))
                yield Obligation(f"{own} -> {heir}", partial(_parted, old=own, new=heir, led=led))


def _where(edge: Dependency) -> Where:
    return edge.server, edge.database, edge.logical_db, edge.schemas


def _apart(old: Dependency, new: Dependency) -> bool:
    """Whether the two look at different places for their data. Of key prefixes the old one may have a part of the
    new one's."""
    if not all(edge.mode in ("reads", "writes") and not edge.possible for edge in (old, new)):
        return False
    prefixes = set(old.key_prefixes) <= set(new.key_prefixes) and bool(old.key_prefixes) == bool(new.key_prefixes)
    return _where(old) != _where(new) or not prefixes


def _parted(view: View, old: str, new: str, led: str) -> Shortfall | None:
    after = view.part(new, Dependency)
    places = [edge for own in (old, led) if (edge := view.part(own, Dependency)) is not None]
    apart = [edge for edge in places if after is not None and _apart(edge, after)]
    if after is None or not apart or not active(view, apart[0].client) or not active(view, after.client):
        return None
    before = apart[0].client
    message = f"{before} and its heir {after.client} both have traffic and keep their data apart"
    return Shortfall(message, 1, f"let {before} use the new place before {after.client} gets traffic")
