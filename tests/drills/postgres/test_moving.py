"""A database moves to another server and back, by the very commands that the plan tells; nothing is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from novaplan.migration.planning import plan
from novaplan.migration.step import Action, Step
from novaplan.topology.system import Topology
from tests.drills.postgres.commands import Commands
from tests.drills.postgres.test_standalone import Standalone
from tests.drills.postgres.test_standalone import running as standalone
from tests.drills.postgres.test_to_patroni import watched
from tests.drills.processes import eventually
from tests.drills.report import Report
from tests.migration.small import become, edge, service, system

OLD = {"name": "old-db", "kind": "postgres", "version": "15", "storage": "1Gi"}
NEW = {"name": "new-db", "kind": "postgres", "version": "15", "storage": "1Gi", "namespace": "data"}
SHOP = {"name": "shop", "owner": "web", "schemas": [{"name": "public", "owner": "web"}]}


def pair() -> tuple[Topology, Topology]:
    """Both servers are there; the database goes from the one to the other."""
    web, spaces = service("web"), [{"name": "data"}]
    old = system(
        name="old",
        services=[web],
        namespaces=spaces,
        datastores=[{**OLD, "databases": [SHOP]}, NEW],
        dependencies=[edge("web", "old-db", "writes", database="shop", pool={"max": 2})],
    )
    new = system(
        name="new",
        services=[web],
        namespaces=spaces,
        datastores=[OLD, {**NEW, "databases": [SHOP]}],
        dependencies=[edge("web", "new-db", "writes", database="shop", pool={"max": 2})],
    )
    into = {
        "database:old-db/shop": "database:new-db/shop",
        "schema:old-db/shop/public": "schema:new-db/shop/public",
        "dependency:web->old-db/writes/shop": "dependency:web->new-db/writes/shop",
    }
    return old, become(new, old, into)


@contextlib.contextmanager
def servers(current: Topology) -> Iterator[tuple[Standalone, Standalone, Commands]]:
    """Both servers, and commands that reach them."""
    with standalone(current, "old-db") as old, standalone(current, "new-db") as new:
        commands = Commands(new.house)
        for server, space in ((old, ""), (new, "data")):
            watched(server)
            data, run = (str(server.pod.folder / name) for name in ("data/pgdata", "run"))
            commands.know(space, server.cluster, server.pod, data=data, variables={"PGHOST": run})
            name = server.datastore.name
            commands.hosts[f"{name}-0.{name}-headless.{space or 'default'}"] = (server.pod.address, 5432)
        yield old, new, commands


def of(steps: list[Step], end: str) -> Step:
    (found,) = [step for step in steps if step.kind == "move-database" and step.id.endswith(end)]
    return found


def told(actions: tuple[Action, ...]) -> list[Action]:
    """Those that are no one's but the drill's to do: the clients' manifests are not here."""
    return [action for action in actions if action.command and action.tool != "novaplan"]


def count(server: Standalone) -> str:
    return server.sql("postgres", "postgres", "shop", "SELECT count(*) || '/' || sum(id) FROM t")


def test_a_database_moves_and_comes_back(report: Report) -> None:
    current, target = pair()
    steps = list(plan(current, target))
    copy, switch = of(steps, "/copy"), of(steps, "/switch")
    with servers(current) as (old, new, commands):
        made = "CREATE TABLE t (id serial PRIMARY KEY, word text); CREATE VIEW v AS SELECT 1 AS one;"
        old.sql("web", "web", "shop", f"{made} INSERT INTO t (word) SELECT 'w' FROM generate_series(1, 100)")
        commands.act(told(copy.actions))
        old.sql("web", "web", "shop", "INSERT INTO t (word) VALUES ('later')")
        for gate in copy.gates:
            eventually(lambda gate=gate: commands.passes(gate), gate.says, within=30)
        commands.act(told(switch.now))
        for gate in switch.gates:
            eventually(lambda gate=gate: commands.passes(gate), gate.says, within=30)
        with pytest.raises(OSError, match="read-only"):
            old.sql("web", "web", "shop", "INSERT INTO t (word) VALUES ('too late')")
        new.passwords["web"] = old.passwords["web"]  # it came along
        new.sql("web", "web", "shop", "INSERT INTO t (word) VALUES ('new'); SELECT one FROM v; CREATE TABLE own ()")
        assert count(new) == "102/5253"
        eventually(lambda: count(old) == count(new), "the old side follows", within=20)
        commands.act(told(switch.rollback))
        assert count(old) == "102/5253"
        old.sql("web", "web", "shop", "INSERT INTO t (word) VALUES ('back')")
        eventually(lambda: count(new) == count(old) == "103/5356", "the new side follows again", within=20)
        with pytest.raises(OSError, match="read-only"):
            new.sql("web", "web", "shop", "INSERT INTO t (word) VALUES ('too late')")
        commands.act(told(switch.now))
        assert count(new) == "103/5356"
        commands.act(told(switch.rollback))
        commands.act(told(copy.rollback))
        assert old.sql("postgres", "postgres", "shop", "SELECT count(*) FROM pg_replication_slots") == "0"
        with pytest.raises(OSError, match="does not exist"):
            new.sql("postgres", "postgres", "shop", "SELECT 1")
        report.record(
            "postgres", "a database moves, by the plan's commands", note="there, back, there, back; no row lost"
        )
        secrets = [value for values in commands.secrets.values() for value in values.values()]
        assert secrets
        assert not [word for word in secrets for text in commands.ran if word.strip() in text]


def test_the_way_back_is_given_up(report: Report) -> None:
    current, target = pair()
    steps = list(plan(current, target))
    copy, switch = of(steps, "/copy"), of(steps, "/switch")
    with servers(current) as (old, new, commands):
        old.sql("web", "web", "shop", "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES")
        commands.act(told(copy.actions))
        for gate in copy.gates:
            eventually(lambda gate=gate: commands.passes(gate), gate.says, within=30)
        commands.act(told(switch.now))
        commands.act(told(switch.later))
        for server in (old, new):
            for view in ("pg_replication_slots", "pg_subscription", "pg_publication"):
                left = server.sql("postgres", "postgres", "shop", f"SELECT count(*) FROM {view}")
                assert (view, left) == (view, "0")
        new.passwords["web"] = old.passwords["web"]
        new.sql("web", "web", "shop", "INSERT INTO t DEFAULT VALUES")
        assert new.sql("postgres", "postgres", "shop", "SELECT count(*) FROM t") == "2"
        report.record("postgres", "the way back of a moved database is given up", note="no slot is left")
