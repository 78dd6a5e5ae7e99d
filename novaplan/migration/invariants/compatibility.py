"""What runs at the same time fits together: a new service is used only once its contracts are tested against the old.

Both versions answer the same callers and read the same data while traffic moves, and most failures of updates come from
such pairs (https://doi.org/10.1145/3593856.3595909). Data moves only to a server of the same kind, and to none of an
older major version.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import runs, store
from novaplan.migration.world import View, World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address, kind_of, label_of, parent_of
from novaplan.topology.wiring import Dependency, Route

TESTED = "contract-tests"


def obligations(world: World) -> Iterator[Obligation]:
    """One for each route and each call or topic that a new service answers, and one for each database that moves."""
    fresh = frozenset(name for name in world.sources if address("service", name) not in world.start)
    for own in world.universe.get("route", ()):
        yield Obligation(own, partial(_route, own=own, fresh=fresh))
    for own in world.universe.get("dependency", ()):
        if any(isinstance(edge, Dependency) and _newly_used(world, edge, fresh) for edge in world.values(own)):
            yield Obligation(own, partial(_edge, own=own, fresh=fresh))
    for own, heirs in world.heirs.items():
        for heir in heirs if kind_of(own) == "database" else ():
            if parent_of(own) != parent_of(heir):
                pair = partial(_versions, before=label_of(parent_of(own)), after=label_of(parent_of(heir)))
                yield Obligation(f"{own} -> {heir}", pair)
    for own in world.universe.get("datastore", ()):
        if own in world.start:
            yield Obligation(own, partial(_older, own=own))


def _newly_used(world: World, edge: Dependency, fresh: frozenset[str]) -> bool:
    """Whether a new service consumes, or is called by an old one."""
    if edge.mode == "consumes":
        return edge.client in fresh
    return edge.mode == "calls" and edge.server in fresh and address("service", edge.client) in world.start


def _route(view: View, own: str, fresh: frozenset[str]) -> Shortfall | None:
    route = view.part(own, Route)
    names = [item.service for item in route.backends if item.weight and item.service in fresh] if route else []
    return _untested(view, names)


def _edge(view: View, own: str, fresh: frozenset[str]) -> Shortfall | None:
    edge = view.part(own, Dependency)
    if edge is None or not runs(view, edge.client):
        return None
    return _untested(view, [name for name in (edge.client, edge.server) if name in fresh])


def _untested(view: View, names: list[str]) -> Shortfall | None:
    bare = [name for name in names if not view.known(f"{TESTED}/{name}")]
    if not bare:
        return None
    return Shortfall(
        f"{', '.join(bare)} is used and not tested against the old", len(bare), "run the contract tests first"
    )


def _versions(view: View, before: str, after: str) -> Shortfall | None:
    old, new = (store(view, name, "kind", "version") for name in (before, after))
    return None if old is None or new is None else _refusal(old, new)


def _older(view: View, own: str) -> Shortfall | None:
    old, new = view.world.start[own], view.part(own, Datastore)
    return None if new is None or not isinstance(old, Datastore) else _refusal(old, new)


def _refusal(old: Datastore, new: Datastore) -> Shortfall | None:
    if old.kind != new.kind:
        return Shortfall(
            f"data of {old.kind} cannot stand in {new.kind}", 1, "write a conversion, and plan it as a step"
        )
    was, now = _major(old), _major(new)
    if was is not None and now is not None and now < was:
        return Shortfall(f"version {now} does not read the data of {was}", was - now, "run the newer version")
    return None


def _major(found: Datastore) -> int | None:
    text = (found.version or "").partition(".")[0]
    return int(text) if text.isdecimal() else None
