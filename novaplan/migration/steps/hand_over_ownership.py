"""Hand over what old services own: databases, schemas and logical DBs go to the heir, whose role alone changes them."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only, only_fields
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, set_fields
from novaplan.migration.gates import YES
from novaplan.migration.postgres import role_exists, server_of
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, sql_name, sql_text
from novaplan.migration.world import World
from novaplan.topology.datastore import Database, Datastore, LogicalDB, Schema
from novaplan.topology.parts import address, label_of

PHASE, ORDER = "migrate", 250


def propose(draft: Draft) -> None:
    """One for each service of target that owns what it did not own before."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for own, part in sorted(draft.state.parts.items()):
        if isinstance(part, Database | Schema):
            goal = draft.goal.get(own)
            owner = goal.owner if isinstance(goal, Database | Schema) else _heir(draft, part.owner)
            if owner != part.owner and (owner is None or draft.state.exists(owner)):
                edits[owner or ""].append(set_fields(own, owner=owner))
        elif isinstance(part, LogicalDB):
            goal = draft.goal.get(own)
            heirs = {heir for item in part.owners if (heir := _heir(draft, item))}
            owners = goal.owners if isinstance(goal, LogicalDB) else tuple(sorted(heirs))
            if owners != part.owners and all(map(draft.state.exists, owners)):
                edits[owners[0] if owners else ""].append(set_fields(own, owners=owners))
    for name, made in sorted(edits.items()):
        _add(draft, name, made)


def _heir(draft: Draft, owner: str | None) -> str | None:
    if owner is None or owner in draft.target.service:
        return owner
    heir = draft.world.heir(owner)
    return heir if heir in draft.target.service else None


def _add(draft: Draft, name: str, edits: list[Edit]) -> None:
    what = [label_of(edit.address) for edit in edits]
    stores = sorted({names_of(edit.address)[0] for edit in edits})
    role = next((edge.user for edge in draft.goal_edges(name) if edge.user), name.replace("-", "_"))
    before = {edit.address: part.owner for edit in edits if isinstance(part := draft.state.parts[edit.address], Schema)}
    owned = [(*names_of(own), (owner or name).replace("-", "_")) for own, owner in before.items()] if name else []
    draft.add(
        name or "nobody",
        title=f"Let {name or 'nobody'} own {listed(what[:4])}"
        + (f" and {len(what) - 4} more" if len(what) > 4 else ""),
        stages=[edits],
        units={"schemas": len(owned)},
        after=[
            step.id for step in draft.steps if step.kind == "shift-route" and name and step.id.split("/")[2] == name
        ],
        touches=[*([name] if name else []), *stores],
        actions=[
            *_owned(draft, owned, role, back=False),
            Action(
                "Old roles keep what they need until their credentials are revoked, and no right to change a table",
                tool="person",
            ),
        ],
        gates=[
            Gate(
                "No role but the new one changes tables",
                "person",
                "Does the log show that no old role changes a table?",
                YES,
            )
        ],
        rollback=_owned(draft, owned, role, back=True) or [Action("Give it back to the old role", tool="person")],
        undone_until="the new side has changed a table",
    )


def _owned(draft: Draft, owned: list[tuple[str, ...]], role: str, *, back: bool) -> list[Action]:
    """The schemas with what is in them get another owner, on servers that stay; the former one keeps its rows."""
    found = []
    for store_name, database, schema, old in owned:
        store = draft.state.part(address("datastore", store_name), Datastore)
        if store is None or store.kind != "postgres" or store_name not in draft.target.datastore or old == role:
            continue
        owner, other = (old, role) if back else (role, old)
        called = sql_name(schema)
        lines = [
            role_exists(owner),
            role_exists(other),
            f"ALTER SCHEMA {called} OWNER TO {sql_name(owner)};",
            f"SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, {sql_text(owner)}) FROM pg_class c"
            f" WHERE relnamespace = {sql_text(called)}::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid"
            " AND deptype IN ('a', 'i', 'e')) \\gexec",
            f"GRANT USAGE ON SCHEMA {called} TO {sql_name(other)};",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {called} TO {sql_name(other)};",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {called} TO {sql_name(other)};",
        ]
        says = f"The schema {schema} of {database} belongs to {owner}; {other} reads and writes its rows"
        found.append(Action(says, server_of(store).script(database, *lines), "sql"))
    return found


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who owns what."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes owners."""
    wrong = only(step, "database", "schema", "logical-db")
    return (
        wrong
        or only_fields(step, "database", "owner")
        or only_fields(step, "schema", "owner")
        or only_fields(step, "logical-db", "owners")
    )
