"""Roles, schemas, owners and what is dropped: every command of those steps, in the order in which they are told."""

from __future__ import annotations

import pytest

from novaplan.migration.planning import plan
from novaplan.topology.system import Topology
from tests.drills.postgres.commands import Commands
from tests.drills.postgres.test_standalone import running
from tests.migration.small import become, edge, service, system

KINDS = ("create-role", "expand-schema", "hand-over-ownership", "revoke-credentials", "contract-schema")
DB = {"name": "db", "kind": "postgres", "version": "15", "storage": "1Gi"}


def shop(owner: str, *schemas: str) -> dict[str, object]:
    return {"name": "shop", "owner": owner, "schemas": [{"name": name, "owner": owner} for name in schemas]}


def pair() -> tuple[Topology, Topology]:
    """A service gets another name, a role and a schema of its own; a database is left over."""
    old = system(
        name="old",
        services=[service("old-web")],
        datastores=[{**DB, "databases": [shop("old-web", "public"), {"name": "junk"}]}],
        dependencies=[edge("old-web", "db", "writes", database="shop", schemas=["public"], pool={"max": 2})],
    )
    uses = edge("web", "db", "writes", database="shop", schemas=["Extra", "public"], user="Web-role", pool={"max": 2})
    new = system(
        name="new",
        services=[service("web")],
        datastores=[{**DB, "databases": [shop("web", "Extra", "public")]}],
        dependencies=[uses],
    )
    into = {"dependency:old-web->db/writes/shop": "dependency:web->db/writes/shop"}
    return old, become(new, old, into, **{"old-web": "web"})


def test_the_new_role_takes_over_what_the_old_one_has() -> None:
    current, target = pair()
    steps = {step.kind: step for step in plan(current, target) if step.kind in KINDS}
    assert set(steps) == set(KINDS)
    with running(current, "db") as server:
        commands = Commands(server.house)
        data, run = (str(server.pod.folder / name) for name in ("data/pgdata", "run"))
        commands.know("", server.cluster, server.pod, data=data, variables={"PGHOST": run})
        commands.secrets["db-credentials"] = {**server.passwords, "Web-role": "it's \\a `secret`"}
        server.passwords["Web-role"] = commands.secrets["db-credentials"]["Web-role"]
        server.sql("old_web", "old_web", "shop", "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES")

        def insert(role: str) -> str:
            return server.sql(role, role, "shop", "INSERT INTO public.t DEFAULT VALUES RETURNING id")

        for kind in ("create-role", "expand-schema"):
            commands.act(steps[kind].actions)
            assert all(commands.passes(gate) for gate in steps[kind].gates)
        assert (insert("Web-role"), insert("old_web")) == ("2", "3")
        server.sql("Web-role", "Web-role", "shop", 'CREATE TABLE "Extra".mine ()')
        server.sql("Web-role", "Web-role", "shop", 'DROP TABLE "Extra".mine')
        handed = steps["hand-over-ownership"]
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 't'"
        for actions, holder in (
            (handed.actions, "Web-role"),
            (handed.rollback, "old_web"),
            (handed.actions, "Web-role"),
        ):
            commands.act(actions)
            assert server.sql("postgres", "postgres", "shop", owner) == holder
            insert("Web-role")
            insert("old_web")
        revoked = steps["revoke-credentials"]
        for actions in (revoked.actions, revoked.rollback, revoked.actions):
            commands.act(actions)
        assert all(commands.passes(gate) for gate in revoked.gates if gate.tool == "sql")
        with pytest.raises(OSError, match="not permitted to log in"):
            insert("old_web")
        insert("Web-role")
        gone = steps["contract-schema"]
        assert all(commands.passes(gate) for gate in gone.gates)
        commands.act(gone.actions)
        with pytest.raises(OSError, match="does not exist"):
            server.sql("postgres", "postgres", "junk", "SELECT 1")
        assert not [text for text in commands.ran for word in server.passwords.values() if word in text]


def test_what_was_expanded_and_created_is_taken_back() -> None:
    current, target = pair()
    steps = {step.kind: step for step in plan(current, target) if step.kind in KINDS}
    with running(current, "db") as server:
        commands = Commands(server.house)
        data, run = (str(server.pod.folder / name) for name in ("data/pgdata", "run"))
        commands.know("", server.cluster, server.pod, data=data, variables={"PGHOST": run})
        commands.secrets["db-credentials"] = {"Web-role": "word"}
        for kind in ("create-role", "expand-schema"):
            commands.act(steps[kind].actions)
        for kind in ("expand-schema", "create-role"):
            commands.act(steps[kind].rollback)
        found = server.sql("postgres", "postgres", "shop", "SELECT count(*) FROM pg_roles WHERE rolname = 'Web-role'")
        assert found == "0"


def test_a_service_gets_a_schema_of_its_own_and_the_old_one_back() -> None:
    fields = {"name": "db", "kind": "postgres", "version": "15", "storage": "1Gi"}
    uses = [
        system(
            name=name,
            services=[service("web")],
            datastores=[{**fields, "databases": [shop("web", *sorted({"public", schema}))]}],
            dependencies=[edge("web", "db", "writes", database="shop", schemas=[schema], pool={"max": 2})],
        )
        for name, schema in (("old", "public"), ("new", "o'wn"))
    ]
    current, target = uses[0], become(uses[1], uses[0])
    steps = [step for step in plan(current, target) if step.kind in ("expand-schema", "move-schema")]
    with running(current, "db") as server:
        commands = Commands(server.house)
        data, run = (str(server.pod.folder / name) for name in ("data/pgdata", "run"))
        commands.know("", server.cluster, server.pod, data=data, variables={"PGHOST": run})
        server.sql("web", "web", "shop", "CREATE TABLE t (id serial PRIMARY KEY)")
        for step in steps:
            commands.act(action for action in step.actions if action.tool != "novaplan")
        server.sql("postgres", "postgres", "shop", 'ALTER TABLE public.t SET SCHEMA "o\'wn"')
        assert server.sql("web", "web", "shop", "INSERT INTO t DEFAULT VALUES RETURNING id") == "1"
        server.sql("postgres", "postgres", "shop", 'ALTER TABLE "o\'wn".t SET SCHEMA public')
        commands.act(action for action in steps[-1].rollback if action.tool != "novaplan")
        assert server.sql("web", "web", "shop", "INSERT INTO t DEFAULT VALUES RETURNING id") == "2"
