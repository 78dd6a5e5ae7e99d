"""Keys of one client get another logical DB by the commands of a plan, while that client writes."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import pytest

from novaplan.migration.gates import met
from novaplan.migration.plan import Plan
from novaplan.migration.planning import plan
from novaplan.migration.step import Step
from novaplan.topology.base import replace
from novaplan.topology.datastore import Standalone
from tests.drills import processes
from tests.drills.processes import eventually
from tests.drills.redis.client import Client
from tests.drills.redis.kubectl import Kubectl
from tests.drills.redis.pods import Cluster
from tests.drills.report import Report
from tests.migration.small import become, edge, service, system

PASSWORD = "a p$ss word"
POD = "127.251.1.1"
"""Where the client's pod connects from."""


@cache
def planned() -> Plan:
    """``worker`` leaves the DB that it shares with ``search`` by its prefix; ``search`` leaves it with all that is
    nobody else's, for one where ``web`` is already."""
    store = {"name": "cache", "kind": "redis", "port": 6379}
    old = system(
        name="old",
        services=[service("web"), service("worker"), service("search")],
        datastores=[
            store | {"logical_dbs": [{"index": 0, "owners": ["search", "worker"]}, {"index": 2, "owners": ["web"]}]}
        ],
        dependencies=[
            edge("web", "cache", "writes", logical_db=2, key_prefixes=["web:"]),
            edge("worker", "cache", "writes", logical_db=0, key_prefixes=["job:"]),
            edge("search", "cache", "writes", logical_db=0),
        ],
    )
    new = system(
        name="new",
        services=[service("web"), service("worker"), service("search")],
        datastores=[
            store | {"logical_dbs": [{"index": 1, "owners": ["worker"]}, {"index": 2, "owners": ["search", "web"]}]}
        ],
        dependencies=[
            edge("web", "cache", "writes", logical_db=2, key_prefixes=["web:"]),
            edge("worker", "cache", "writes", logical_db=1, key_prefixes=["job:"]),
            edge("search", "cache", "writes", logical_db=2, key_prefixes=["search:"]),
        ],
    )
    moved = {
        "dependency:worker->cache/writes/0": "dependency:worker->cache/writes/1",
        "dependency:search->cache/writes/0": "dependency:search->cache/writes/2",
    }
    return plan(old, become(new, old, moved))


@dataclass
class Owner:
    """A client with keys of its own, which knows what each must be. ``leads`` is the DB it reads, ``follows`` the one
    that each write is brought over to."""

    cluster: Cluster
    old: int
    new: int
    added: str
    names: list[str]
    leads: int = 0
    follows: int | None = None
    wanted: dict[str, str | None] = field(default_factory=dict)
    writes: int = 0

    def __post_init__(self) -> None:
        self.leads = self.old
        self.lock, self._stop = threading.Lock(), threading.Event()

    def name(self, db: int, name: str) -> str:
        return name if db == self.old else f"{self.added}{name}"

    def release(self, leads: int, follows: int | None) -> None:
        """Another version of it runs from now on."""
        with self.lock:
            self.leads, self.follows = leads, follows

    def run(self) -> None:
        chance = random.Random(7)
        with self.cluster.client("cache-0", source=POD) as client:
            while not self._stop.is_set():
                with self.lock:
                    self.write(client, chance.choice(self.names), chance.choice(("SET", "INCR", "INCR", "DEL", "EX")))
                    self.writes += 1

    def write(self, client: Client, name: str, what: str) -> None:
        key, was = self.name(self.leads, name), self.wanted.get(name)
        number = str(self.writes)
        words = {
            "SET": ("SET", key, number, "KEEPTTL"),
            "INCR": ("INCR", key),
            "DEL": ("DEL", key),
            "EX": ("SET", key, number, "EX", "5000"),
        }[what]
        self.wanted[name] = {"INCR": str(int(was or 0) + 1), "DEL": None}.get(what, number)
        commands = [("MULTI",), ("SELECT", str(self.leads)), words]
        if self.follows is not None:
            twin = self.name(self.follows, name)
            commands.append(("COPY", key, twin, "DB", str(self.follows), "REPLACE"))
            if what == "DEL":
                commands += [("SELECT", str(self.follows)), ("UNLINK", twin)]
        for command in (*commands, ("EXEC",)):
            client.command(*command)

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(10)

    def wrong(self, db: int) -> list[str]:
        """Keys that are not what they must be in a DB."""
        with self.lock, self.cluster.client("cache-0") as client:
            client.command("SELECT", str(db))
            found = {name: client.command("GET", self.name(db, name)) for name in self.names}
        return [name for name, value in found.items() if value != self.wanted.get(name)]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """The server of the plan, alone."""
    processes.program("redis-server")
    made = planned().world.current
    with processes.servers("rehoming") as house:
        store = made.datastore["cache"]
        cluster = Cluster(house, made, replace(store, deployment=Standalone()), PASSWORD)
        cluster.start()
        eventually(lambda: cluster.role("cache-0") == "master", "it serves", within=20)
        yield cluster


def step_of(name: str) -> Step:
    (found,) = [step for step in planned() if step.id == f"rehome-redis/{name}"]
    return found


def contents(cluster: Cluster, db: int, prefix: str) -> dict[str, tuple[object, bool]]:
    """Keys with a prefix, with their values and whether they expire."""
    with cluster.client("cache-0") as client:
        client.command("SELECT", str(db))
        names = client.command("KEYS", f"{prefix}*")
        assert isinstance(names, list)
        return {
            str(name): (client.command("GET", str(name)), int(str(client.command("PTTL", str(name)))) > 0)
            for name in names
        }


def holds(kubectl: Kubectl, step: Step) -> None:
    gates = [gate for gate in step.gates if gate.tool == "redis-cli"]
    assert gates
    for gate in gates:
        eventually(lambda gate=gate: met(gate.threshold, kubectl.measure(gate)), gate.says, within=20)


@pytest.mark.parametrize(
    ("client", "db", "added", "names"),
    [
        ("search", 2, "search:", [f"q {n}\nx" if n % 50 == 0 else f"q:{n}" for n in range(3000)]),
        ("worker", 1, "", [f"job:{n}" for n in range(3000)]),
    ],
    ids=["all that nobody else has, with a prefix", "by prefix"],
)
def test_a_clients_keys_move_and_come_back(
    cluster: Cluster, report: Report, client: str, db: int, added: str, names: list[str]
) -> None:
    owner, kubectl = Owner(cluster, 0, db, added, names), Kubectl(cluster)
    pod = cluster.pods["cache-0"]
    kubectl.add("default.service.cache", cluster.environment(pod, "redis"), pod.folder)
    kubectl.clients_at(f"addr={POD}:")
    theirs = {"search": "job:", "worker": "q:"}[client]
    with cluster.client("cache-0") as others:
        for number in range(500):
            others.command("SET", f"{theirs}{number}", f"other {number}", "EX", "9000")
        others.command("SELECT", "2")
        for number in range(500):
            others.command("SET", f"web:{number}", f"web {number}")
    before = contents(cluster, 0, theirs), contents(cluster, 2, "web:")
    dual, switch = step_of(f"{client}/cache/0/dual-write"), step_of(f"{client}/cache/0/switch")
    late = next(index for index, item in enumerate(switch.actions) if "given up" in item.says)
    with owner.running():
        eventually(lambda: owner.writes > 5000, "it writes", within=20)
        owner.release(0, db)
        kubectl.do(dual.actions)
        holds(kubectl, dual)
        assert owner.wrong(db) == []
        # The way back of the first step.
        owner.release(0, None)
        kubectl.do(dual.rollback)
        assert contents(cluster, db, added or "job:") == {}
        assert owner.wrong(0) == []
        # Once more, and on.
        owner.release(0, db)
        kubectl.do(dual.actions)
        holds(kubectl, dual)
        owner.release(db, 0)
        owner.release(db, None)
        holds(kubectl, switch)
        done = owner.writes
        eventually(lambda: owner.writes > done + 3000, "it writes to the new DB alone", within=20)
        assert owner.wrong(0)
        # The way back of the second.
        owner.release(db, 0)
        kubectl.do(switch.rollback)
        owner.release(0, db)
        holds(kubectl, dual)
        assert owner.wrong(0) == []
        assert owner.wrong(db) == []
        # And on for good.
        owner.release(db, None)
        kubectl.do(switch.actions[late:])
        assert owner.wrong(db) == []
    assert contents(cluster, 0, "*" if client == "worker" else "q") == (before[0] if client == "worker" else {})
    assert (contents(cluster, 0, theirs), contents(cluster, 2, "web:")) == before
    report.record("redis", f"rehome-redis, {client}", lost=0, note=f"{owner.writes} writes")
