"""Foreign keys stay in one database: what a table refers to is where the table is, wherever that is written.

MySQL lets a table refer to another database of the same server; for all others it is the same database.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import runs
from novaplan.migration.world import View, World
from novaplan.topology.datastore import Datastore, ForeignKey, Schema
from novaplan.topology.parts import address, label_of, parent_of

ACROSS_DATABASES = frozenset({"mysql", "mariadb"})


def obligations(world: World) -> Iterator[Obligation]:
    """One for each schema that has foreign keys."""
    for own in world.universe.get("schema", ()):
        if any(cast(Schema, value).foreign_keys for value in world.values(own)):
            yield Obligation(own, partial(_torn, own=own))


def _torn(view: View, own: str) -> Shortfall | None:
    schema = view.part(own, Schema)
    if schema is None:
        return None
    database = parent_of(own)
    server = parent_of(database)
    if not _written(view, label_of(server), label_of(database).rpartition("/")[2]):
        return None
    store = view.part(server, Datastore)
    kind = store.kind if store is not None else ""
    torn = [key for key in schema.foreign_keys if not _holds(view, own, key, kind)]
    if not torn:
        return None
    keys = ", ".join(f"{key.table} to {key.to}" for key in torn)
    return Shortfall(f"is used without what it refers to: {keys}", len(torn), "move what refers to each other together")


def _written(view: View, server: str, database: str) -> bool:
    return any(
        edge.database == database and edge.mode == "writes" and not edge.possible and runs(view, edge.client)
        for edge in view.dependencies_to(server)
    )


def _holds(view: View, own: str, key: ForeignKey, kind: str) -> bool:
    *where, table = key.to.split(".")
    server, database, schema = (part for part in label_of(own).split("/"))
    if len(where) == 2 and where[0] != database:
        if kind not in ACROSS_DATABASES:
            return False
        database = where[0]
    schema = where[-1] if where else schema
    found = view.part(address("schema", server, database, schema), Schema)
    return found is not None and (not found.tables or table in found.tables)
