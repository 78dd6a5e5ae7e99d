"""Who logs in has a role that was made before, and of who is gone no log-in is left.

A role that target names and current does not is made by a step of its own, and so is the end of what an old service
logged in with: its deletion takes its pods away and not what they knew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import runs
from novaplan.migration.world import View, World
from novaplan.topology.parts import address, kind_of, path_of
from novaplan.topology.wiring import Dependency

ROLE, REVOKED = "role", "revoked"


def obligations(world: World) -> Iterator[Obligation]:
    """One for each dependency of target with a new role, and for each service that ends and has logged in."""
    known = {(server, edge.user) for edge in world.current.dependencies for server in _becomes(world, edge.server)}
    for own in world.universe.get("dependency", ()):
        wanted = world.wanted.get(own)
        if not isinstance(wanted, Dependency) or wanted.user is None or wanted.server not in world.target.datastore:
            continue
        if (wanted.server, wanted.user) not in known:
            yield Obligation(own, partial(_roleless, own=own))
    for name in sorted(_logged_in(world)):
        yield Obligation(address("service", name), partial(_left, name=name))


def _becomes(world: World, store: str) -> set[str]:
    heirs = world.heirs.get(address("datastore", store), ())
    return {store, *(path_of(heir) for heir in heirs if kind_of(heir) == "datastore")}


def _logged_in(world: World) -> set[str]:
    """Services that end and use a store that stays, by an account that nobody needs any more."""
    kept = {(edge.server, edge.user) for edge in world.target.dependencies if edge.user is not None}
    ending = world.current.service.keys() - world.target.service.keys()
    return {
        edge.client
        for edge in world.current.dependencies
        if edge.client in ending and edge.mode != "consumes" and edge.server in world.target.datastore
        and (edge.server, edge.user) not in kept
    }  # fmt: skip


def _roleless(view: View, own: str) -> Shortfall | None:
    edge = view.part(own, Dependency)
    if edge is None or edge.user is None or not runs(view, edge.client):
        return None
    if view.known(f"{ROLE}/{edge.server}/{edge.user}"):
        return None
    return Shortfall(f"{edge.client} logs in as {edge.user}, a role that was not made", 1, "create the role first")


def _left(view: View, name: str) -> Shortfall | None:
    if view.has(address("service", name)) or view.known(f"{REVOKED}/{name}"):
        return None
    return Shortfall(
        "is gone, and what it logged in with still works", 1, "revoke its credentials before it is deleted"
    )
