"""Create the roles that new services log in as, beside those in use: both work until the old ones are revoked."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import nothing
from novaplan.migration.draft import Draft
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, psql, sql_name, sql_text
from novaplan.migration.world import World
from novaplan.topology.wiring import Dependency

PHASE, ORDER = "expand", 60


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
        postgres = draft.target.datastore[server].kind == "postgres"
        clients = sorted({edge.client for edge in edges})
        databases = sorted({edge.database for edge in edges if edge.database})
        grants = [f"GRANT CONNECT ON DATABASE {sql_name(name)} TO {sql_name(user)}" for name in databases]
        draft.add(
            server,
            user,
            title=f"Create the role {user} on {server} for {listed(clients)}; the old roles stay",
            units={"keys": 1},
            establishes=(f"role/{server}/{user}",),
            touches=[server],
            actions=[
                Action(
                    "Create it; its password comes from the store of secrets and is not typed here",
                    psql(server, "postgres", f"CREATE ROLE {sql_name(user)} LOGIN") if postgres else "",
                    "sql" if postgres else "person",
                ),
                Action(
                    "Grant it what it needs and no more, now for what is there, later for what is added",
                    psql(server, "postgres", *grants) if postgres and grants else "",
                    "sql" if postgres and grants else "person",
                ),
            ],
            gates=[
                Gate(
                    "Both the old and the new credentials log in",
                    "sql",
                    psql(server, "postgres", f"SELECT rolcanlogin FROM pg_roles WHERE rolname = {sql_text(user)}"),
                    "== t",
                )
                if postgres
                else Gate("Both the old and the new credentials log in", "person", "log-ins that fail", "== 0")
            ],
            rollback=[
                Action(
                    "Drop it",
                    psql(
                        server,
                        "postgres",
                        *(f"REVOKE CONNECT ON DATABASE {sql_name(name)} FROM {sql_name(user)}" for name in databases),
                        f"DROP ROLE {sql_name(user)}",
                    )
                    if postgres
                    else "",
                    "sql" if postgres else "person",
                )
            ],
            undone_until="something logs in with it",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who needs what."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes nothing that a topology shows."""
    return nothing(step)
