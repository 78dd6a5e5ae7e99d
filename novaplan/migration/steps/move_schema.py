"""Move the tables of one family of services to a schema or database of their own, for the old services first."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import nothing, only, subject
from novaplan.migration.copying import copy_actions, copy_gates, copy_of, drop_copy, switch_actions, switch_back
from novaplan.migration.draft import Draft
from novaplan.migration.gates import YES
from novaplan.migration.heritage import with_server
from novaplan.migration.postgres import names, role_of, server_of, texts
from novaplan.migration.rewire import Rewire
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, sql_name, sql_text
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address, dependency_address, kind_of, quote
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "migrate", 130

Place = tuple[str, str, tuple[str, ...]]
"""A server, a database on it, and schemas in that."""


def propose(draft: Draft) -> None:
    """One or two for each family whose tables are elsewhere in target: a copy first where the database differs."""
    moving: dict[tuple[str, Place, Place], list[tuple[Dependency, Dependency]]] = defaultdict(list)
    for edge in draft.current.dependencies:
        now = draft.now_at(dependency_address(edge)) if edge.database is not None else None
        heirs = [heir for heir in draft.heritage.edges_of(dependency_address(edge)) if heir.database is not None]
        if (
            now is None
            or not heirs
            or address("database", heirs[0].server, heirs[0].database or "") not in draft.state.parts
        ):
            continue
        family, new = draft.world.heir(edge.client), _place(heirs[0])
        if _place(now)[:2] != new[:2] or (new[2] and new[2] != now.schemas):
            moving[family, _place(now), new].append((now, heirs[0]))
    for (family, old, new), edges in sorted(moving.items(), key=lambda item: item[0]):
        _move(draft, family, old, new, edges)


def _place(edge: Dependency) -> Place:
    return edge.server, edge.database or "", edge.schemas


def _move(draft: Draft, family: str, old: Place, new: Place, edges: list[tuple[Dependency, Dependency]]) -> None:
    clients = sorted({edge.client for edge, _ in edges})
    roles = tuple(sorted({role_of(edge) for edge, _ in edges}))
    copy = copy_of(draft, old[:2], new[:2], tables_of=family, roles=roles) if old[:2] != new[:2] else None
    named = (family, old[0], old[1], *old[2], "to", *(new[:2] if copy else ()), *new[2])
    if copy is not None and any(not edge.possible for edge, _ in edges):
        draft.add(
            *named,
            "copy",
            title=f"Copy the tables of {listed(clients)} from {_said(old)} to {_said(new)}, and let the copy follow",
            units={"clients": len(clients), "databases": 1},
            establishes=(_copied(family, new[0], new[1]),),
            after=draft.before_moving(old[0], new[0]),
            touches=[old[0], new[0]],
            preconditions=(
                "no foreign key leads across: the tables that refer to each other move together",
                "every table has a primary key",
            ),
            actions=copy_actions(copy),
            gates=copy_gates(copy, draft.rollout.replication_lag),
            rollback=drop_copy(copy),
            undone_until="the clients are switched",
            risk="medium",
        )
    rewire = Rewire(draft)
    for now, heir in edges:
        rewire.lead(now, heir if heir.client == now.client else with_server(now, heir))
    step = draft.add(
        *named,
        "switch",
        title=f"Switch {listed(clients)} to {_said(new)}"
        if copy
        else f"Give {listed(clients)} tables in {_said(new)}, and no others",
        stages=[rewire.edits()],
        units={"clients": len(clients)},
        after=draft.before_moving(old[0], new[0]),
        touches=[old[0], new[0], *clients],
        preconditions=("the switch was rehearsed on a copy, and its time of fenced writes is known and agreed",),
        actions=switch_actions(copy, clients) if copy else _within(draft, old, new, clients, roles),
        gates=[
            Gate(
                "No other role writes these tables, and these roles write no others",
                "person",
                "Does the log show nothing else?",
                YES,
                draft.rollout.weight_bake,
            )
        ],
        rollback=switch_back(copy, clients) if copy else _within(draft, new, old, clients, roles),
        undone_until="the old tables are dropped"
        if copy
        else "a table is made there that the old schema has no place for",
        risk="high" if copy else "medium",
    )
    draft.moved({old[0], new[0]}, clients, step)


def _said(place: Place) -> str:
    server, database, schemas = place
    return f"{database} on {server}" + (f" ({listed(schemas)})" if schemas else "")


def _within(draft: Draft, old: Place, new: Place, clients: list[str], roles: tuple[str, ...]) -> list[Action]:
    """The tables stay in the database; only the schema they are called in changes."""
    came = [name for name in new[2] if name not in old[2]]
    which = (
        f"Move each table of {listed(clients)} that belongs there into {listed(came)} (ALTER TABLE and its name SET"
        " SCHEMA); only who knows the code can say which. The rows stay where they are"
    )
    store = draft.state.part(address("datastore", new[0]), Datastore)
    found = [Action(which, tool="person")] if came else []
    if store is None or store.kind != "postgres" or not new[2]:
        return [*found, Action("Let the roles find and use what is theirs there, and nothing else", tool="person")]
    schemas = names(new[2])
    lines = [
        f"SELECT format({sql_text(text)}, rolname) FROM pg_roles WHERE rolname IN ({texts(roles)}) \\gexec"
        for text in (
            f"GRANT USAGE ON SCHEMA {_literal(schemas)} TO %I",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {_literal(schemas)} TO %I",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {_literal(schemas)} TO %I",
            f"ALTER ROLE %I IN DATABASE {_literal(sql_name(new[1]))} SET search_path TO {_literal(schemas)}",
        )
    ]
    says = f"Let {listed(clients)} use {listed(new[2])}, and find there what they name without a schema"
    return [*found, Action(says, server_of(store).script(new[1], *lines), "sql")]


def _literal(text: str) -> str:
    """A text in a format of SQL."""
    return text.replace("%", "%%")


def _copied(family: str, server: str, database: str) -> str:
    return f"copied/{family}/{server}/{database}"


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """A switch to another database needs the copy to follow."""
    names = subject(step)
    if names[-1] == "copy":
        return ("inventory",)
    found = set()
    for edit in step.edits:
        part = edit.part
        if isinstance(part, Dependency) and not part.possible and part.database is not None:
            left = f"dependency:{part.client}->{quote(names[1])}/{part.mode}/{quote(names[2])}"
            if any(other.removes and other.address == left for other in step.edits):
                found.add(_copied(names[0], part.server, part.database))
    return tuple(sorted(found)) or ("inventory",)


def allowed(step: Step, world: World) -> str:
    """A copy changes no part yet; a switch leads edges elsewhere."""
    if subject(step)[-1] == "copy":
        return nothing(step)
    if any(kind_of(edit.address) == "dependency" and edit.fields for edit in step.edits):
        return f"{step.kind} puts edges whole"
    return only(step, "dependency")
