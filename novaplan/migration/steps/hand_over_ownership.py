"""Hand over what old services own: databases, schemas and logical DBs go to the heir, whose role alone changes them."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only, only_fields
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, set_fields
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, psql, sql_name
from novaplan.migration.world import World
from novaplan.topology.datastore import Database, LogicalDB, Schema
from novaplan.topology.parts import label_of

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
    owned = [names_of(edit.address) for edit in edits if edit.address.startswith("schema:")]
    stores = sorted({names_of(edit.address)[0] for edit in edits})
    role = next((edge.user for edge in draft.goal_edges(name) if edge.user), name.replace("-", "_"))
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
            *(
                Action(
                    f"The schema {path[2]} belongs to the new role",
                    psql(path[0], path[1], f"ALTER SCHEMA {sql_name(path[2])} OWNER TO {sql_name(role)}"),
                    "sql",
                )
                for path in owned
                if name
            ),
            Action(
                "Old roles keep what they need until their credentials are revoked, and no right to change a table",
                tool="person",
            ),
        ],
        gates=[
            Gate(
                "No role but the new one changes tables", "person", "statements of old roles that change tables", "== 0"
            )
        ],
        rollback=[Action("Give it back to the old role", tool="person")],
        undone_until="the new side has changed a table",
    )


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
