"""A PostgreSQL with Patroni, etcd, proxy and pooler, started from the manifests of a topology."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from novaplan.render.context import Context
from novaplan.render.credentials import server_secret
from novaplan.render.datastores import postgres
from novaplan.render.settings import Settings
from novaplan.topology.datastore import Datastore
from novaplan.topology.system import Topology
from tests.drills.postgres.network import Network
from tests.drills.postgres.pods import Cluster, Pod, alive
from tests.drills.processes import Process, Servers, eventually, program, servers

SYSTEM_PYTHON = "/usr/bin/python3"
"""Patroni's package brings psycopg2 for it."""


@dataclass
class Patroni:
    """All of it, and what a drill does to it."""

    cluster: Cluster
    datastore: Datastore
    passwords: dict[str, str]
    writers: list[Writer] = field(default_factory=list)

    @property
    def house(self) -> Servers:
        return self.cluster.house

    @property
    def members(self) -> list[Pod]:
        return self.cluster.of(self.datastore.name)

    @property
    def etcd(self) -> list[Pod]:
        return self.cluster.of(f"{self.datastore.name}-etcd")

    @property
    def poolers(self) -> list[Pod]:
        return self.cluster.of(f"{self.datastore.name}-pooler")

    def start(self, pod: Pod) -> None:
        self.cluster.start(pod)

    def start_all(self) -> None:
        for pod in self.cluster.pods.values():
            self.start(pod)

    def patroni(self, pod: Pod) -> Process:
        return pod.processes[self.datastore.name]

    # -------------------------------------------------- what Patroni says

    def status(self, pod: Pod) -> dict[str, Any] | None:
        """What the member says of itself; None where it does not answer."""
        return _get(f"http://{pod.address}:8008/patroni")

    def leader(self) -> Pod | None:
        """The one member that says it leads and holds the lease."""
        found = [pod for pod in self.members if _code(f"http://{pod.address}:8008/primary") == 200]
        return found[0] if len(found) == 1 else None

    def standbys(self) -> list[Pod]:
        """Members that follow the leader."""
        return [pod for pod in self.members if _code(f"http://{pod.address}:8008/replica") == 200]

    def whole(self) -> bool:
        """A leader, and everybody else follows it; where commits wait for a standby it is written down beside the lease
        which one: until then nobody may take over."""
        leader, standbys = self.leader(), self.standbys()
        if leader is None or len(standbys) < len(self.members) - 1:
            return False
        streaming = [item.get("state") for item in (self.status(leader) or {}).get("replication", ())]
        synchronous = getattr(self.datastore.deployment, "synchronous", False)
        known = any(_code(f"http://{pod.address}:8008/synchronous") == 200 for pod in standbys)
        # A server that is no member may follow as well, as the old one does while there is a way back.
        followed = len(streaming) >= len(self.members) - 1 and set(streaming) <= {"streaming"}
        return followed and (known or not synchronous)

    def wait_whole(self, within: float = 90) -> Pod:
        """Waits until all members are in place, and gives the leader."""
        eventually(self.whole, "a leader with all members behind it", within=within, every=0.2)
        leader = self.leader()
        assert leader is not None
        return leader

    # -------------------------------------------------- what is done to it

    def data(self, pod: Pod) -> Path:
        return pod.folder / "data" / "pgroot" / "data"

    def postmaster(self, pod: Pod) -> int | None:
        """The server's process: Patroni gives it a session of its own. Only one of this very folder counts."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data(pod) / "postmaster.pid").read_text().split()[0])
            if str(self.data(pod)) in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
                return pid
        return None

    def kill(self, pod: Pod) -> None:
        """kill -9 of Patroni and of its server: the pod is gone from one moment to the next."""
        pid = self.postmaster(pod)
        self.patroni(pod).signal_group(signal.SIGKILL)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            eventually(lambda: not alive(pid), "the server is dead", within=5)
        self.patroni(pod).popen.wait(5)

    def stop(self) -> None:
        """Ends the servers that left Patroni's process group."""
        for pod in self.members:
            pid = self.postmaster(pod)
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def wait_equal(self, table: str, database: str, within: float = 30) -> None:
        """Waits until every member holds the same rows; nobody writes any more."""
        question = f"SELECT count(*), sum(id) FROM {table}"

        def equal() -> bool:
            return len({self.as_superuser(pod, question, database) for pod in self.members}) == 1

        eventually(equal, "every member has the same rows", within=within, every=0.2)

    # -------------------------------------------------- clients

    def dsn(self, role: str, database: str, *, way: str = "pooler", pooler: int = 0) -> str:
        """How a role logs in: through the ``pooler``, or through the proxy to the ``primary`` or the ``replicas``."""
        port = {"pooler": 6432, "primary": 5000, "replicas": 5001}[way]
        front = (self.poolers or self.members)[pooler]
        return (
            f"host={front.address} port={port} dbname={database} user={role} password={self.passwords[role]}"
            " connect_timeout=3"
        )

    def sql(self, dsn: str, statement: str, *, within: float = 30) -> str:
        """What psql answers; raises OSError where it fails, so that it can be waited for."""
        command = [program("psql"), "--no-psqlrc", "-X", "-v", "ON_ERROR_STOP=1", "-qAtc", statement, "-d", dsn]
        done = self.house.run(command, within=within)
        if done.returncode:
            raise OSError(done.stderr.strip())
        return done.stdout.strip()

    def as_superuser(self, pod: Pod, statement: str, database: str = "postgres") -> str:
        """Asked inside the pod, over the socket."""
        return self.sql(f"host={pod.folder / 'run'} port=5432 user=postgres dbname={database}", statement)

    def writer(self, dsn: str, table: str) -> Writer:
        script = self.house.write(f"writer-{len(self.writers)}.py", (Path(__file__).parent / "writer.py").read_text())
        name = f"writer-{len(self.writers)}"
        made = Writer(self.house.start(name, [SYSTEM_PYTHON, str(script), dsn, table]))
        self.writers.append(made)
        return made


@dataclass
class Writer:
    """A client that writes without pause."""

    process: Process

    def acks(self) -> list[tuple[int, float]]:
        """Every acknowledged write, and when."""
        lines = [line.split() for line in self.process.output().splitlines() if line.startswith("ack ")]
        return [(int(line[1]), float(line[2])) for line in lines if len(line) == 3]

    def errors(self) -> list[str]:
        return [line for line in self.process.output().splitlines() if line.startswith("error ")]

    def wait_acks(self, count: int, *, after: float = 0, within: float = 30) -> None:
        """Waits for so many acknowledged writes after a moment."""
        what = f"{count} acknowledged writes"
        eventually(lambda: sum(at > after for _, at in self.acks()) >= count, what, within=within, every=0.1)

    def gap(self, since: float) -> tuple[float, float]:
        """The longest silence after ``since``: when it began and when it ended."""
        times = [since, *(at for _, at in self.acks() if at > since)]
        return max(pairwise(times), key=lambda pair: pair[1] - pair[0])

    def lost(self, patroni: Patroni, leader: Pod, table: str, database: str) -> int:
        """Acknowledged writes that the leader does not have. The writer must have been ended."""
        there = set(map(int, patroni.as_superuser(leader, f"SELECT id FROM {table}", database).split()))
        return len({number for number, _ in self.acks()} - there)

    def end(self) -> None:
        self.process.kill()


@contextlib.contextmanager
def running(topology: Topology, name: str = "postgres", network: Network | None = None) -> Iterator[Patroni]:
    """The PostgreSQL called ``name``, started and whole."""
    with prepared(topology, name, network) as made:
        made.start_all()
        made.wait_whole(within=120)
        yield made


@contextlib.contextmanager
def prepared(
    topology: Topology, name: str = "postgres", network: Network | None = None, settings: Settings | None = None
) -> Iterator[Patroni]:
    """The PostgreSQL called ``name``, ready to be started."""
    for needed in ("patroni", "etcd", "postgres", "haproxy", "pgbouncer", "psql"):
        program(needed)
    context = Context(topology, settings or Settings())
    datastore = topology.datastore[name]
    manifests = postgres.objects(context, datastore)
    (need,) = postgres.needs(context, datastore)
    passwords = {key.name: secrets.token_hex(12) for key in need.keys}
    with servers("postgres") as house:
        cluster = Cluster(house, manifests, {server_secret(name): passwords}, network)
        made = Patroni(cluster, datastore, passwords)
        try:
            yield made
        except BaseException:
            _tell(made)
            raise
        finally:
            made.stop()


def _tell(made: Patroni) -> None:
    """What the servers said last, where a drill fails."""
    for process in made.house.running:
        lines = process.output().splitlines()[-15:]
        sys.stderr.write(f"--- {process.name}\n" + "\n".join(lines) + "\n")


def _get(url: str) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            found = json.load(error)
        return found
    return None


def _code(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def settle(patroni: Patroni, seconds: float) -> None:
    """Lets the cluster be for a while, and sees that it stays whole."""
    time.sleep(seconds)
    assert patroni.whole()
