"""The Redis steps of a plan, carried out by their own commands while a client writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from novaplan.migration.gates import met
from novaplan.migration.plan import Plan
from novaplan.migration.planning import plan
from novaplan.migration.step import Step
from tests.drills import processes
from tests.drills.processes import Process, eventually
from tests.drills.redis.client import Address, Client, Writer, lost
from tests.drills.redis.kubectl import Kubectl
from tests.drills.redis.pods import Cluster
from tests.drills.report import Report
from tests.migration.small import become, edge, service, system

PASSWORD = 'a "quoted" \\ p$ss#word'
SENTINELS = {
    "type": "sentinel",
    "members": 3,
    "sentinels": 3,
    "quorum": 2,
    "down_after": "5s",
    "failover_timeout": "10s",
    "min_replicas_to_write": 1,
    "min_replicas_max_lag": "5s",
}


@cache
def planned() -> Plan:
    """A Redis on its own becomes one of three, in a namespace of its own."""
    store = {"name": "redis", "kind": "redis", "port": 6379, "persistence": {"append_only": True}}
    parts = {"services": [service("web")], "dependencies": [edge("web", "redis", "writes", logical_db=0)]}
    old = system(name="old", datastores=[store], **parts)
    spread = store | {"namespace": "data", "deployment": SENTINELS}
    new = system(name="new", namespaces=[{"name": "data"}], datastores=[spread], **parts)
    return plan(old, become(new, old))


@dataclass
class Migration:
    """The old server, the cluster that takes over from it, and the commands in between."""

    cluster: Cluster
    old: Process
    address: Address
    kubectl: Kubectl

    @property
    def client(self) -> Client:
        """A connection to the old server."""
        return Client(self.address, self.cluster.password)

    def role(self) -> str:
        with self.client as client:
            answer = client.command("ROLE")
        return str(answer[0]) if isinstance(answer, list) else ""

    def passes(self, step: Step, within: float = 30) -> int:
        """Waits until the gates of a step hold that are asked of Redis; gives how many."""
        gates = [gate for gate in step.gates if gate.tool == "redis-cli"]
        for gate in gates:
            eventually(lambda gate=gate: met(gate.threshold, self.kubectl.measure(gate)), gate.says, within=within)
        return len(gates)


@pytest.fixture
def migration() -> Iterator[Migration]:
    """Everything started: the old server, and the pods as they are rendered after the step, empty."""
    processes.program("redis-server")
    made = planned()
    number = 1 + [step.kind for step in made].index("redis-to-sentinel")
    topology = made.state(number)
    with processes.servers("migration") as house:
        cluster = Cluster(house, topology, topology.datastore["redis"], PASSWORD)
        network = next(iter(cluster.pods.values())).address.rpartition(".")[0]
        address = Address(f"{network}.200", 6379)
        folder = house.make("old/data")
        conf = house.write(
            "old/redis.conf",
            f"bind {address.host}\nbind-source-addr {address.host}\nport 6379\ndir {folder}\nappendonly yes\n"
            'requirepass "a \\"quoted\\" \\\\ p$ss#word"\n',
        )
        cluster.name_more({"redis.default.svc": address.host, "redis-sentinel": network + ".1"})
        env = cluster.environment(next(iter(cluster.pods.values())), "redis")
        old = house.start("old", [processes.program("redis-server"), str(conf)], env=env)
        kubectl = Kubectl(cluster)
        found = Migration(cluster, old, address, kubectl)
        eventually(lambda: found.role() == "master", "the old server runs", within=10)
        cluster.start()
        cluster.settle()
        yield found


def step_of(kind: str, made: Plan, detail: str = "") -> Step:
    (found,) = [step for step in made if step.kind == kind and step.id.endswith(detail)]
    return found


def test_a_server_becomes_one_of_several_and_back(migration: Migration, report: Report) -> None:
    step, cluster, kubectl = step_of("redis-to-sentinel", planned()), migration.cluster, migration.kubectl
    forgotten = next(index for index, item in enumerate(step.actions) if "way back is given up" in item.says)
    released = next(index for index, item in enumerate(step.actions) if item.tool == "git")
    with migration.client as client:
        for number in range(1000):
            client.command("SET", f"before:{number}", str(number), "EX", "3600")
    with Writer(cluster.sentinels, stays_with=migration.address) as plain:
        kubectl.do(step.actions[:released])
        eventually(lambda: len(plain.acknowledged) > 100, "the client writes", within=10)
    assert cluster.sentinels.master() == migration.address
    with Writer(cluster.sentinels) as asking:
        eventually(lambda: len(asking.acknowledged) > 100, "the client finds the old server", within=10)
        begun = time.monotonic()
        kubectl.do(step.actions[released:forgotten])
        eventually(lambda: asking.written_since(time.monotonic() - 0.5), "writes go on", within=20)
        there = asking.longest_gap(begun)
        assert migration.passes(step) == 4
        assert migration.role() == "slave"
        assert cluster.master() in cluster.data_pods
        begun = time.monotonic()
        kubectl.do(step.rollback)
        eventually(lambda: asking.written_since(time.monotonic() - 0.5), "writes go on", within=20)
        back = asking.longest_gap(begun)
    assert migration.role() == "master"
    assert cluster.sentinels.master() == migration.address
    with migration.client as client:
        missing = [*lost(client, plain), *lost(client, asking)]
        kept = client.command("MGET", *(f"before:{number}" for number in range(1000)))
        assert kept == [str(number) for number in range(1000)]
        ttl = client.command("TTL", "before:0")
        assert isinstance(ttl, int)
        assert 0 < ttl <= 3600
    for name, seconds in (("redis-to-sentinel", there), ("redis-to-sentinel, back", back)):
        report.record("redis", name, seconds=seconds, lost=len(missing), note=f"{len(asking.acknowledged)} writes")
    assert not missing
    assert PASSWORD not in kubectl.log()
