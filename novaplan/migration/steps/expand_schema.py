"""Add databases and schemas that are new, so that old and new code both work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put
from novaplan.migration.gates import YES
from novaplan.migration.postgres import Server, role_of, server_of
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, sql_name, sql_text
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.datastore import Database, Datastore, Schema
from novaplan.topology.parts import address, parent_of

PHASE, ORDER = "expand", 125


def propose(draft: Draft) -> None:
    """One for each database that is new or has new schemas."""
    edits: dict[tuple[str, str], list[Edit]] = defaultdict(list)
    for own, part in sorted(draft.goal.items()):
        if own in draft.state.parts or not isinstance(part, Database | Schema):
            continue
        names = names_of(own)
        inside = parent_of(own)
        known = inside in draft.state.parts or any(edit.address == inside for edit in edits[names[0], names[1]])
        if known:
            edits[names[0], names[1]].append(put(own, replace(part, owner=draft.owner_now(part.owner))))
    for (store, database), made in sorted(edits.items()):
        if made:
            _add(draft, store, database, made)


def _add(draft: Draft, store: str, database: str, edits: list[Edit]) -> None:
    schemas = [part.name for edit in edits if isinstance(part := edit.part, Schema)]
    new = any(isinstance(edit.part, Database) for edit in edits)
    what = f"the database {database}" if new else f"the {'schemas' if len(schemas) > 1 else 'schema'} {listed(schemas)}"
    found = draft.state.part(address("datastore", store), Datastore)
    is_postgres = found is not None and found.kind == "postgres"
    server = server_of(found) if found is not None else Server(store, None)
    made = [server.psql("postgres", f"CREATE DATABASE {sql_name(database)}")] if new else []
    made += [server.psql(database, *_schemas(draft, store, database, edits))] if schemas else []
    undone = (
        [server.psql(database, *(f"DROP SCHEMA {sql_name(name)}" for name in schemas))] if schemas and not new else []
    )
    undone += [server.psql("postgres", f"DROP DATABASE {sql_name(database)}")] if new else []
    query = f"SELECT count(*) FROM pg_namespace WHERE nspname IN ({', '.join(map(sql_text, schemas))})"
    draft.add(
        store,
        database,
        title=f"Add {what} on {store}; nothing that is in use changes",
        stages=[edits],
        units={"schemas": len(schemas)},
        after=[draft.ready[store]] if store in draft.ready else (),
        touches=[store],
        preconditions=("no other change of the schema is under way",),
        actions=[
            Action("Add what is new", "\n".join(made) if is_postgres else "", "sql" if is_postgres else "person"),
            *(
                []
                if is_postgres
                else [Action("Let the new role use it, and find what it names without a schema", tool="person")]
            ),
        ],
        gates=[Gate("It is there", "sql", server.psql(database, query), f"== {len(schemas)}")]
        if is_postgres and schemas
        else [Gate("It is there", "person", f"Does {store} have {what}?", YES)],
        rollback=[
            Action(
                "Drop it while it is empty: without CASCADE the server refuses to drop what holds a table",
                "\n".join(undone) if is_postgres else "",
                "sql" if is_postgres else "person",
            )
        ],
        undone_until="something is written to it",
    )


def _schemas(draft: Draft, store: str, database: str, edits: list[Edit]) -> Iterator[str]:
    """Each schema, what its owner and those of target that name it may do in it, where their roles are there."""
    for schema in (part for edit in edits if isinstance(part := edit.part, Schema)):
        yield f"CREATE SCHEMA IF NOT EXISTS {sql_name(schema.name)}"
        edges = [
            edge
            for edge in (*draft.state.edges_to(store), *draft.goal_edges(store))
            if edge.database == database and (edge.client == schema.owner or schema.name in edge.schemas)
        ]
        for role in sorted({role_of(edge) for edge in edges}):
            yield (
                f"SELECT format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', {sql_text(schema.name)}, rolname)"
                f" FROM pg_roles WHERE rolname = {sql_text(role)} \\gexec"
            )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who writes."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds databases and schemas."""
    return only(step, "database", "schema") or no_removal(step, "database", "schema")
