"""Every schema, database and store has one family that writes it, or those that target lets write it.

Only active services count, and a service counts as what it becomes, so old and new of one family may write side by
side. What several services share on target too is for ``novaplan check`` to complain of; on the way no other joins in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Budget, Shortfall, always
from novaplan.migration.traffic import active, families
from novaplan.migration.world import View, World
from novaplan.topology.parts import address
from novaplan.topology.wiring import Dependency

Place = str
"""The address of a schema, of a database none of whose schemas is known, or of a store without databases."""


def obligations(world: World) -> Iterator[Budget]:
    """One for each place that more than one family may ever write."""
    writers: dict[Place, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for own in world.universe.get("dependency", ()):
        for edge in cast("list[Dependency]", world.values(own)):
            for place in places(world, edge):
                writers[place][edge.client].add(own)
    allowed = _allowed(world)
    for place in sorted(writers):
        by_family = families(world, writers[place])
        if len(by_family) > 1:
            terms = tuple(
                partial(_writes, place=place, edges={name: tuple(sorted(writers[place][name])) for name in names})
                for names in by_family.values()
            )
            most = max(1, len(allowed.get(place, ())))
            yield Budget(place, terms, always(most), partial(_explained, who=tuple(by_family)))


def places(world: World, edge: Dependency) -> Iterable[Place]:
    """What ``edge`` writes."""
    if edge.mode != "writes" or edge.possible or edge.logical_db is not None:
        return ()
    if edge.database is None:
        own = address("datastore", edge.server)
        return (own,) if own in world.start or own in world.wanted else ()
    if edge.schemas:
        return tuple(address("schema", edge.server, edge.database, name) for name in edge.schemas)
    database = address("database", edge.server, edge.database)
    return world.children.get(database, ()) or (database,)


def _allowed(world: World) -> dict[Place, set[str]]:
    """The families that write each place on target; a place that has heirs counts theirs too."""
    found: dict[Place, set[str]] = defaultdict(set)
    for edge in world.target.dependencies:
        for place in places(world, edge):
            found[place].add(edge.client)
    for place, heirs in world.heirs.items():
        for heir in heirs:
            if heir in found and heir != place:
                found[place] |= found[heir]
    return found


def _writes(view: View, place: Place, edges: dict[str, tuple[str, ...]]) -> int:
    """1 when one of a family, given with its edges, writes ``place``."""
    for name, addresses in edges.items():
        found = [view.part(own, Dependency) for own in addresses]
        if any(edge is not None and place in places(view.world, edge) for edge in found) and active(view, name):
            return 1
    return 0


def _explained(_: View, total: int, limit: int, who: tuple[str, ...]) -> Shortfall:
    message = f"{total} of {', '.join(who)} write it, with those that become them; {limit} may"
    return Shortfall(message, total - limit, "move one writer to a place of its own before the other gets traffic")
