"""A server alone becomes one of Patroni and is alone again, by the very commands that the plan tells."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from novaplan.migration.planning import plan
from novaplan.migration.step import Action, Step
from novaplan.render.settings import Settings
from novaplan.topology.system import Topology
from tests.drills.postgres.commands import Commands
from tests.drills.postgres.patroni import Patroni, prepared
from tests.drills.postgres.test_standalone import Standalone
from tests.drills.postgres.test_standalone import running as standalone
from tests.drills.processes import eventually
from tests.drills.report import Report
from tests.migration.small import become, edge, service, system

DB = {
    "name": "db",
    "kind": "postgres",
    "version": "15",
    "storage": "1Gi",
    "databases": [{"name": "shop", "owner": "web"}],
}
FAST = {"ttl": "20s", "loop_wait": "2s", "retry_timeout": "5s"}
SHAPE = {"type": "patroni", "members": 2, "synchronous": True, "etcd": {"members": 1, "storage": "1Gi"}, **FAST}


def pair() -> tuple[Topology, Topology]:
    """The system before and after."""
    web = service("web")
    uses = [edge("web", "db", "writes", database="shop", pool={"max": 2})]
    old = system(name="old", services=[web], datastores=[DB], dependencies=uses)
    spaces = [{"name": "data"}]
    new = {**DB, "deployment": SHAPE, "namespace": "data"}
    return old, become(system(name="new", services=[web], datastores=[new], dependencies=uses, namespaces=spaces), old)


@dataclass
class Both:
    """The old server, the new members, and the step between them."""

    old: Standalone
    new: Patroni
    step: Step
    commands: Commands
    last: Action | None = None
    """What is done once the way back is given up."""

    def act(self, action: Action) -> None:
        """What a person does with one action."""
        if "standby_of" in action.command:
            self.new.start_all()
        elif "Once it is removed" in action.says:
            self.last = action
        elif action.tool == "novaplan" or not action.command:
            pass  # the clients' manifests: the drill asks the servers themselves
        else:
            self.commands.run(action.command)

    def rows(self, where: str) -> set[str]:
        """The rows of the old server, or of the leader."""
        if where == "old":
            return set(self.old.sql("postgres", "postgres", "shop", "SELECT id FROM t").split())
        leader = self.new.leader()
        assert leader is not None
        return set(self.new.as_superuser(leader, "SELECT id FROM t", "shop").split())


@contextlib.contextmanager
def both() -> Iterator[Both]:
    current, target = pair()
    (step,) = [item for item in plan(current, target) if item.kind == "postgres-to-patroni"]
    settings = Settings(standby_of={"db": "db-0.db-headless.default"})
    with standalone(current, "db") as old, prepared(target, "db", old.cluster.network, settings) as new:
        watched(old)
        commands = Commands(new.house)
        new.passwords |= old.passwords  # as the plan asks: the roles keep theirs
        data = str(old.pod.folder / "data" / "pgdata")
        commands.know("", old.cluster, old.pod, data=data, variables={"PGHOST": str(old.pod.folder / "run")})
        for pod in new.members:
            commands.know("data", new.cluster, pod, data=str(new.data(pod)), variables={})
        commands.secrets["db-credentials"] = new.passwords
        commands.hosts = {
            "db-0.db-headless.default": (old.pod.address, 5432),
            "db-primary.data": (new.members[0].address, 5000),
        }
        new.cluster.names["db-0.db-headless.default"] = old.pod.address
        yield Both(old, new, step, commands)


def watched(old: Standalone) -> None:
    """From here on the server is started again whenever it ends, as the kubelet does."""
    server = old.house.running[-1]
    words = server.popen.args
    assert isinstance(words, list)
    server.signal(signal.SIGINT)
    server.wait()
    old.house.start("kubelet", ["sh", "-c", 'while :; do "$@"; sleep 0.2; done', "sh", *map(str, words)])
    answers(old)


def answers(old: Standalone) -> None:
    eventually(lambda: old.sql("postgres", "postgres", "postgres", "SELECT 1") == "1", "it answers", within=20)


def test_a_server_alone_becomes_one_of_patroni_and_back(report: Report) -> None:
    with both() as made:
        old, new = made.old, made.new
        old.sql("postgres", "postgres", "shop", "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES")
        started = time.monotonic()
        for action in made.step.actions:
            made.act(action)
            if "follow" in action.says and action.tool == "sql" and "Wait" in action.says:
                old.sql("postgres", "postgres", "shop", "INSERT INTO t SELECT FROM generate_series(1, 100)")
        new.wait_whole()
        assert len(made.rows("new")) == 101
        for gate in made.step.gates:
            eventually(lambda gate=gate: made.commands.passes(gate), gate.says, within=30)
        with pytest.raises(OSError, match="read-only"):
            old.sql("postgres", "postgres", "shop", "INSERT INTO t DEFAULT VALUES")
        leader = new.leader()
        assert leader is not None
        new.as_superuser(leader, "INSERT INTO t SELECT FROM generate_series(1, 50)", "shop")
        there = time.monotonic()
        for action in made.step.rollback:
            made.act(action)
        assert len(made.rows("old")) == 151
        old.sql("postgres", "postgres", "shop", "INSERT INTO t DEFAULT VALUES")
        assert old.sql("postgres", "postgres", "postgres", "SELECT count(*) FROM pg_replication_slots") == "0"
        note = f"{there - started:.0f} s there, {time.monotonic() - there:.0f} s back, no row lost"
        report.record("postgres", "alone to Patroni and back, by the plan's commands", note=note)
