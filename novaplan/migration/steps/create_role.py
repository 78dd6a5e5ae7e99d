"""Create the roles that new services log in as, beside those in use: both work until the old ones are revoked."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict

from novaplan.migration.allowing import nothing
from novaplan.migration.draft import Draft
from novaplan.migration.gates import YES
from novaplan.migration.postgres import Server, key_of, made_role, role_of, server_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, sql_name, sql_text
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "expand", 95
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,100}")
"""Roles whose passwords the renderer keeps under their own names."""


def propose(draft: Draft) -> None:
    """One for each role that target names and current does not."""
    known = {
        (heir, edge.user)
        for edge in draft.current.dependencies
        for heir in (edge.server, *draft.heritage.store_heirs(edge.server))
    }
    users: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
    for edge in draft.target.dependencies:
        if edge.user is not None and (edge.server, edge.user) not in known and edge.server in draft.target.datastore:
            users[edge.server, edge.user].append(edge)
    for (server, user), edges in sorted(users.items()):
        clients = sorted({edge.client for edge in edges})
        store = draft.state.part(address("datastore", server), Datastore)
        if store is not None and store.kind == "postgres":
            _add(draft, server_of(store), user, clients, edges)
            continue
        draft.add(
            server,
            user,
            title=f"Create the role {user} on {server} for {listed(clients)}; the old roles stay",
            units={"keys": 1},
            establishes=(f"role/{server}/{user}",),
            touches=[server],
            actions=[
                Action("Create it; its password comes from the store of secrets and is not typed here", tool="person"),
                Action(
                    "Grant it what it needs and no more, now for what is there, later for what is added", tool="person"
                ),
            ],
            gates=[Gate("Both the old and the new credentials log in", "person", "Do both log in?", YES)],
            rollback=[Action("Drop it", tool="person")],
            undone_until="something logs in with it",
        )


def _add(draft: Draft, server: Server, user: str, clients: list[str], edges: list[Dependency]) -> None:
    """The role may do what those may that it takes over from: it is a member of their roles."""
    heirs = {edge.client for edge in edges}
    olds = sorted(
        {role_of(edge) for edge in draft.state.edges_to(server.name) if draft.world.heir(edge.client) in heirs} - {user}
    )
    key = user if _KEY.fullmatch(user) else f"role-{hashlib.sha256(user.encode()).hexdigest()[:16]}"
    rights = (
        f"SELECT format('GRANT %I TO %I', rolname, {sql_text(user)}) FROM pg_roles"
        f" WHERE rolname = {sql_text(old)} \\gexec"
        for old in olds
    )
    made = [*made_role(user, "LOGIN"), *rights]
    logs_in = f"SELECT count(*) FROM pg_roles WHERE rolname = {sql_text(user)} AND rolcanlogin AND"
    draft.add(
        server.name,
        user,
        title=f"Create the role {user} on {server.name} for {listed(clients)}; the old roles stay",
        units={"keys": 1},
        establishes=(f"role/{server.name}/{user}",),
        after=[draft.ready[server.name]] if server.name in draft.ready else (),
        touches=[server.name],
        actions=[
            Action(
                f"Put its password into the Secret {server.secret} under {key}, and where {listed(clients)} reads it",
                tool="person",
            ),
            Action(
                "Create it with that password; it may do what those may that it takes over from, and nothing else",
                server.script("postgres", *made, secret=key_of(server.namespace, server.secret, key)),
                "sql",
            ),
        ],
        gates=[
            Gate(
                "It may log in, and has a password",
                "sql",
                server.psql("postgres", logs_in.replace("pg_roles", "pg_authid") + " rolpassword IS NOT NULL"),
                "== 1",
            )
        ],
        rollback=[Action("Drop it", server.psql("postgres", f"DROP ROLE {sql_name(user)}"), "sql")],
        undone_until="something logs in with it",
    )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who needs what."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes nothing that a topology shows."""
    return nothing(step)
