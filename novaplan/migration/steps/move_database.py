"""Move databases to another server: the copy follows the original, then writes are fenced and the clients switched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from novaplan.migration.allowing import no_removal, only, subject
from novaplan.migration.copying import (
    copy_actions,
    copy_gates,
    copy_of,
    drop_copy,
    switch_actions,
    switch_back,
    switch_gates,
)
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put
from novaplan.migration.rewire import Rewire, names_of, renamed_hosts, reopened
from novaplan.migration.step import Step
from novaplan.migration.texts import listed
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.datastore import Database, Datastore, Schema
from novaplan.topology.parts import address, kind_of

PHASE, ORDER = "migrate", 120

Place = tuple[str, str]
"""A server and a database on it."""


def propose(draft: Draft) -> None:
    """Two for each set of databases that move together: what refers to each other is never apart."""
    for store in draft.current.datastores:
        moving = {
            database.name: heir
            for database in store.databases
            if (heir := draft.heritage.database_heir(store.name, database.name))
            not in (None, (store.name, database.name))
            and heir is not None
        }
        for names in _together(store, sorted(moving)):
            places = {name: moving[name] for name in names}
            _copy(draft, store, places)
            _switch(draft, store, places)


def _together(store: Datastore, names: Sequence[str]) -> list[list[str]]:
    """Databases that foreign keys connect, as one list."""
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for database in store.databases:
        for schema in database.schemas:
            for key in schema.foreign_keys:
                where = key.to.split(".")
                if database.name in leader and len(where) == 3 and where[0] in leader:
                    leader[find(where[0])] = find(database.name)
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[find(name)].append(name)
    return [found[name] for name in sorted(found)]


def _said(store: str, places: dict[str, Place]) -> str:
    return listed(
        [
            f"{name} from {store} to {server}" + (f" as {new}" if new != name else "")
            for name, (server, new) in places.items()
        ]
    )


def _units(draft: Draft, store: Datastore, places: dict[str, Place]) -> dict[str, int]:
    tables = sum(
        len(schema.tables) for database in store.databases if database.name in places for schema in database.schemas
    )
    clients = {edge.client for edge in draft.state.edges_to(store.name) if edge.database in places}
    return {"databases": len(places), "tables": tables, "clients": len(clients)}


def _copy(draft: Draft, store: Datastore, places: dict[str, Place]) -> None:
    edits: list[Edit] = []
    for name, (server, new) in places.items():
        into = address("database", server, new)
        old = draft.state.parts[address("database", store.name, name)]
        assert isinstance(old, Database)
        goal = draft.goal[into]
        if into not in draft.state.parts and isinstance(goal, Database):
            edits.append(put(into, replace(goal, owner=old.owner)))
        for child in draft.state.inside(address("database", store.name, name)):
            schema = draft.state.part(child, Schema)
            for heir in draft.world.heirs.get(child, ()):
                wanted = draft.goal.get(heir)
                if heir in draft.state.parts or not isinstance(wanted, Schema) or schema is None:
                    continue
                if kind_of(heir) == "schema" and names_of(heir)[:2] == [server, new]:
                    edits.append(put(heir, replace(wanted, owner=schema.owner)))
    servers = sorted({server for server, _ in places.values()})
    copies = [copy_of(draft, (store.name, name), place) for name, place in places.items()]
    draft.add(
        store.name,
        min(places),
        "copy",
        title=f"Copy {_said(store.name, places)}, and let the copy follow",
        stages=[edits],
        units=_units(draft, store, places),
        establishes=tuple(f"synced/{server}/{new}" for server, new in places.values()),
        after=draft.before_moving(store.name, *servers),
        touches=[store.name, *servers],
        preconditions=(
            "every table has a primary key or another replica identity",
            "nobody changes a schema until the switch",
        ),
        actions=[action for copy in copies for action in copy_actions(copy)],
        gates=[gate for copy in copies for gate in copy_gates(copy, draft.rollout.replication_lag)],
        rollback=[action for copy in copies for action in drop_copy(copy)],
        undone_until="the clients are switched",
        risk="medium",
    )


def _switch(draft: Draft, store: Datastore, places: dict[str, Place]) -> None:
    rewire = Rewire(draft)
    for edge in draft.state.edges_to(store.name):
        if edge.database in places:
            server, new = places[edge.database]
            schemas = tuple(sorted({_schema(draft, store.name, edge.database, name) for name in edge.schemas}))
            rewire.lead(edge, replace(edge, server=server, database=new, schemas=schemas))
    edits = rewire.edits()
    for name, (server, new) in places.items():
        edits += reopened(draft, address("database", store.name, name), address("database", server, new))
    for client in rewire.clients:
        left = [
            edge for edge in draft.state.edges_of(client) if edge.server == store.name and edge.database not in places
        ]
        servers = {server for server, _ in places.values()} - {store.name}
        if not left and len(servers) == 1:
            edits += renamed_hosts(draft, [client], store.name, min(servers))
    copies = [copy_of(draft, (store.name, name), place) for name, place in places.items()]
    there = sorted({server for server, _ in places.values()})
    step = draft.add(
        store.name,
        min(places),
        "switch",
        title=f"Switch {listed(rewire.clients) or 'nobody'} over: {_said(store.name, places)}",
        stages=[edits],
        units=_units(draft, store, places),
        after=draft.before_moving(store.name, *there),
        touches=[store.name, *there, *rewire.clients],
        preconditions=("the switch was rehearsed on a copy, and its time of fenced writes is known and agreed",),
        actions=[action for copy in copies for action in switch_actions(copy, rewire.clients)],
        gates=[gate for copy in copies for gate in switch_gates(copy, draft.rollout.weight_bake)],
        rollback=[action for copy in copies for action in switch_back(copy, rewire.clients)],
        undone_until="the old copy no longer follows the new one",
        risk="high",
    )
    draft.moved([store.name, *there], rewire.clients, step)


def _schema(draft: Draft, store: str, database: str, name: str) -> str:
    for heir in draft.world.heirs.get(address("schema", store, database, name), ()):
        if kind_of(heir) == "schema" and heir in draft.goal:
            return names_of(heir)[-1]
    return name


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """A copy needs the inventory; a switch needs the copies to follow."""
    if subject(step)[-1] == "copy":
        return ("inventory",)
    heirs = world.heirs
    store = subject(step)[0]
    found = set()
    for edit in step.edits:
        if kind_of(edit.address) == "dependency" and edit.removes:
            names = edit.address.rpartition("->")[2].split("/")
            if names[0] == store and len(names) > 2:
                into = heirs.get(address("database", store, names_of(f"x:{names[2]}")[0]), ())
                found |= {f"synced/{'/'.join(names_of(item))}" for item in into if kind_of(item) == "database"}
    name = subject(step)[1]
    into = heirs.get(address("database", store, name), ())
    found |= {f"synced/{'/'.join(names_of(item))}" for item in into[:1] if kind_of(item) == "database"}
    return tuple(sorted(found))


def allowed(step: Step, world: World) -> str:
    """A copy adds databases and schemas; a switch leads edges, secrets and addresses elsewhere."""
    if subject(step)[-1] == "copy":
        return only(step, "database", "schema") or no_removal(step, "database", "schema")
    return only(step, "dependency", "secret-key", "env")
