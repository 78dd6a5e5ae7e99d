"""Each topic and handler has exactly one live consumer group: no message is handled twice, and none waits for nobody.

A consumption is what a dependency of target and those of current that became it do; a declared handler tells them
apart besides. It is live while its client runs. Two groups that both live get every message each; datastores may, as
each keeps a copy of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import runs
from novaplan.migration.world import View, World
from novaplan.topology.parts import kind_of
from novaplan.topology.wiring import Dependency

Stream = tuple[str, str | None, str | None]
"""Server, topic and group; without a stated group a client is one of its own."""


def obligations(world: World) -> Iterator[Obligation]:
    """One for each consumption that either side has."""
    consuming = {
        own: cast("list[Dependency]", world.values(own))
        for own in world.universe.get("dependency", ())
        if any(edge.mode == "consumes" and not edge.possible for edge in cast("list[Dependency]", world.values(own)))
    }
    by_stream: dict[Stream, set[str]] = defaultdict(set)
    for own, edges in consuming.items():
        for edge in edges:
            by_stream[_stream(edge)].add(own)
    for subject, members in _consumptions(world).items():
        streams = {_stream(cast(Dependency, side[own])) for own in members for side in (world.start, world.wanted)
                   if own in side}  # fmt: skip
        addresses = sorted({own for stream in streams for own in by_stream.get(stream, ())})
        needed = any(own in world.start for own in members) and any(own in world.wanted for own in members)
        yield Obligation(subject, partial(_live, addresses=tuple(addresses), needed=needed))


def _stream(edge: Dependency) -> Stream:
    return edge.server, edge.topic, edge.group or f"({edge.client})"


def _consumptions(world: World) -> dict[str, set[str]]:
    """Addresses on both sides, by that of target; by current's own where nothing became of it."""
    found: dict[str, set[str]] = defaultdict(set)
    for own, part in world.wanted.items():
        if kind_of(own) == "dependency" and _consumes(world, part):
            found[own].add(own)
    for own, old in world.start.items():
        if kind_of(own) == "dependency" and _consumes(world, old):
            for heir in world.heirs.get(own, ()) or (own,):
                found[heir].add(own)
    return dict(sorted(found.items()))


def _consumes(world: World, part: object) -> bool:
    """Whether it takes messages of a broker; what it takes of a service is a call like any other."""
    return (
        isinstance(part, Dependency)
        and part.mode == "consumes"
        and not part.possible
        and (part.server in world.current.datastore or part.server in world.target.datastore)
    )


def _keeps(world: World, client: str) -> bool:
    return client in world.current.datastore or client in world.target.datastore


def _live(view: View, addresses: tuple[str, ...], needed: bool) -> Shortfall | None:
    groups: dict[str, list[str]] = defaultdict(list)
    for own in addresses:
        edge = view.part(own, Dependency)
        if edge is not None and runs(view, edge.client):
            groups[_stream(edge)[2] or ""].append(edge.client)
    handling = {client for clients in groups.values() for client in clients if not _keeps(view.world, client)}
    if len(groups) > 1 and handling:
        told = "; ".join(f"{group} of {', '.join(clients)}" for group, clients in groups.items())
        remedy = "let the new consumer join the old group, or stop the old one as the new one starts"
        return Shortfall(f"{len(groups)} groups take every message: {told}", len(groups) - 1, remedy)
    if not groups and needed:
        return Shortfall("nobody consumes it", 1, "start the new consumer as the old one stops")
    return None
