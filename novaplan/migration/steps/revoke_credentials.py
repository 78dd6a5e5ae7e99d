"""Revoke what an old service logged in with; the new roles have been in use for a while."""

from __future__ import annotations

from novaplan.migration.allowing import nothing, subject
from novaplan.migration.draft import Draft
from novaplan.migration.gates import YES
from novaplan.migration.postgres import Server, server_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed, sql_name, sql_text
from novaplan.migration.world import World
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address

PHASE, ORDER = "contract", 310


def propose(draft: Draft) -> None:
    """One for each service that ends and logged in anywhere."""
    for old in sorted(draft.heritage.leaving):
        edges = _logins(draft, old)
        if not edges:
            continue
        roles = sorted({(server, role) for server, role in edges})
        databases = [(server, role) for server, role in roles if _kind(draft, server) == "postgres"]
        draft.add(
            old,
            title=f"Revoke the credentials of {old} on {listed(sorted({server for server, _ in roles}))}",
            units={"keys": len(roles)},
            establishes=(f"revoked/{old}",),
            after=[f"scale-to-zero/{old}"],
            touches=[old, *sorted({server for server, _ in roles})],
            actions=[
                *(
                    Action(
                        f"No log-in for {role} on {server}, and an end to its sessions",
                        _server(draft, server).psql(
                            "postgres",
                            f"ALTER ROLE {sql_name(role)} NOLOGIN",
                            f"SELECT count(pg_terminate_backend(pid)) {_of(role)}",
                        ),
                        "sql",
                    )
                    for server, role in databases
                ),
                Action("Disable it everywhere else: passwords of Redis and brokers, keys of externals", tool="person"),
            ],
            gates=[
                *(
                    Gate(
                        f"{role} is not logged in",
                        "sql",
                        _server(draft, server).psql("postgres", f"SELECT count(*) {_of(role)}"),
                        "== 0",
                        draft.rollout.weight_bake,
                    )
                    for server, role in databases
                ),
                Gate("Nobody is refused", "person", "Does nothing fail to log in?", YES, draft.rollout.weight_bake),
            ],
            rollback=[
                *(
                    Action(
                        "Let it log in again",
                        _server(draft, server).psql("postgres", f"ALTER ROLE {sql_name(role)} LOGIN"),
                        "sql",
                    )
                    for server, role in databases
                ),
                Action("Enable the others again", tool="person"),
            ],
            undone_until="the role is dropped",
        )


def _logins(draft: Draft, old: str) -> list[tuple[str, str]]:
    found = set()
    for edge in draft.state.edges_of(old):
        kept = any(other.user == edge.user for other in draft.goal_edges(edge.server) if edge.user is not None)
        if address("datastore", edge.server) in draft.state.parts and not kept:
            found.add((edge.server, edge.user or old.replace("-", "_")))
    return sorted(found)


def _of(role: str) -> str:
    return f"FROM pg_stat_activity WHERE usename = {sql_text(role)}"


def _server(draft: Draft, server: str) -> Server:
    store = draft.state.part(address("datastore", server), Datastore)
    assert store is not None
    return server_of(store)


def _kind(draft: Draft, server: str) -> str:
    store = draft.state.part(address("datastore", server), Datastore)
    return store.kind if store else ""


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """It is drained."""
    return (f"drained/{subject(step)[0]}",)


def allowed(step: Step, world: World) -> str:
    """It changes nothing that a topology shows."""
    return nothing(step)
