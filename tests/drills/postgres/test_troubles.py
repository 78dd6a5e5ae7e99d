"""What else happens to a leader, a standby, and those who keep the lease. All of it takes long."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from novaplan.topology.base import replace
from novaplan.topology.datastore import Connections
from novaplan.topology.system import Topology
from tests.drills.postgres.conftest import bound
from tests.drills.postgres.network import switch
from tests.drills.postgres.patroni import Patroni, Writer, running
from tests.drills.postgres.pods import Pod, alive
from tests.drills.postgres.test_failover import TABLE, killed, planned, writer
from tests.drills.processes import eventually
from tests.drills.report import Report

pytestmark = pytest.mark.nightly

TIMES = 4


def changed(topology: Topology, pooled: bool = True, **settings: Any) -> Topology:
    """The topology with other settings of Patroni, and without the pooler."""
    store = topology.datastore["postgres"]
    store = replace(store, deployment=replace(store.deployment, **settings))
    if not pooled:
        store = replace(store, connections=replace(store.connections, pooler=None))
    assert isinstance(store.connections, Connections)
    others = [item for item in topology.datastores if item.name != store.name]
    return replace(topology, datastores=(*others, store))


def ended(patroni: Patroni, client: Writer) -> int:
    """Ends a client and counts what it lost."""
    leader = eventually(patroni.leader, "a leader", within=60)
    client.wait_acks(50, after=time.monotonic())
    client.end()
    return client.lost(patroni, leader, TABLE, "nova_auth")


def test_many_planned_stops(patroni: Patroni, target: Topology, report: Report) -> None:
    for _ in range(TIMES):
        planned(patroni, target, report)


def test_many_kills(patroni: Patroni, target: Topology, report: Report) -> None:
    for _ in range(TIMES):
        killed(patroni, target, report)


def test_the_server_alone_is_killed(patroni: Patroni, report: Report) -> None:
    leader = patroni.wait_whole()
    client = writer(patroni)
    pid = patroni.postmaster(leader)
    assert pid is not None
    begin = time.monotonic()
    patroni.house.run(["true"])
    signal_process(pid, signal.SIGKILL)
    eventually(lambda: not alive(pid), "the server is dead", within=5)
    client.wait_acks(50, after=begin + 1)
    lost = ended(patroni, client)
    patroni.wait_whole()
    report.record("postgres", "server killed, Patroni lives", seconds=client.gap(begin)[1] - begin, lost=lost)
    assert lost == 0


def signal_process(pid: int, number: int) -> None:
    import os

    os.kill(pid, number)


def test_the_synchronous_standby_is_killed(patroni: Patroni, target: Topology, report: Report) -> None:
    leader = patroni.wait_whole()
    client = writer(patroni)
    name = patroni.as_superuser(leader, "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'")
    standby = patroni.cluster.pods[name]
    begin = time.monotonic()
    patroni.kill(standby)
    client.wait_acks(50, after=begin + 1)
    lost = ended(patroni, client)
    seconds = client.gap(begin)[1] - begin
    patroni.cluster.start_container(standby, "postgres")
    assert patroni.wait_whole() is leader
    deployment: Any = target.datastore["postgres"].deployment
    most = deployment.loop_wait / 1000 + 2
    report.record("postgres", "synchronous standby killed", seconds=seconds, bound=(0, most), lost=lost)
    assert lost == 0
    assert seconds <= most


def test_a_frozen_patroni(patroni: Patroni, target: Topology, report: Report) -> None:
    """Its server goes on; the proxy lets nobody to it, and the liveness check has it killed."""
    old = patroni.wait_whole()
    client = writer(patroni)
    begin = time.monotonic()
    patroni.patroni(old).pause()
    eventually(lambda: patroni.leader() not in (None, old), "another leader", within=60)
    lost = ended(patroni, client)
    seconds = client.gap(begin)[1] - begin
    assert patroni.postmaster(old) is not None
    patroni.kill(old)
    patroni.cluster.start_container(old, "postgres")
    patroni.wait_whole()
    computed = bound(target, "silent")
    report.record("postgres", "Patroni of the leader frozen", seconds=seconds, bound=computed, lost=lost)
    assert lost == 0
    assert seconds <= computed[1]


def status(pod: Pod) -> dict[str, Any]:
    """What an etcd member says of itself."""
    url = f"http://{pod.address}:2379/v3/maintenance/status"
    with urllib.request.urlopen(urllib.request.Request(url, data=b"{}"), timeout=2) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def etcd_leader(patroni: Patroni) -> Pod:
    def find() -> Pod | None:
        for pod in patroni.etcd:
            if pod.processes["etcd"].alive and (found := status(pod))["leader"] == found["header"]["member_id"]:
                return pod
        return None

    return eventually(find, "etcd has a leader", within=30)


def during(patroni: Patroni, seconds: float, trouble: Callable[[], object]) -> tuple[float, int, bool]:
    """The longest silence of a client while something is wrong, what it lost, and whether the leader stayed."""
    leader = patroni.wait_whole()
    client = writer(patroni)
    begin = time.monotonic()
    trouble()
    time.sleep(seconds)
    first, last = client.gap(begin)
    stayed = patroni.leader() is leader
    lost = ended(patroni, client)
    return last - first, lost, stayed


def test_the_leader_of_etcd_is_killed(patroni: Patroni, report: Report) -> None:
    patroni.wait_whole()
    pod = etcd_leader(patroni)
    silence, lost, stayed = during(patroni, 15, pod.processes["etcd"].kill)
    patroni.cluster.start_container(pod, "etcd")
    etcd_leader(patroni)
    patroni.wait_whole()
    report.record("postgres", "leader of etcd killed", seconds=silence, lost=lost, note="longest silence")
    assert (lost, stayed) == (0, True)
    assert silence < 2


def test_etcd_loses_its_majority_and_the_leader_goes_on(patroni: Patroni, report: Report) -> None:
    """failsafe_mode: as long as all members answer it, the leader needs no lease."""
    patroni.wait_whole()
    etcd_leader(patroni)
    gone = patroni.etcd[:2]
    silence, lost, stayed = during(patroni, 45, lambda: [pod.processes["etcd"].kill() for pod in gone])
    for pod in gone:
        patroni.cluster.start_container(pod, "etcd")
    etcd_leader(patroni)
    patroni.wait_whole()
    report.record("postgres", "etcd without majority, 45 s", seconds=silence, lost=lost, note="longest silence")
    assert (lost, stayed) == (0, True)
    assert silence < 5


def test_everything_is_lost_at_once_and_comes_back(patroni: Patroni, report: Report) -> None:
    patroni.wait_whole()
    client = writer(patroni)
    for pod in patroni.members:
        patroni.kill(pod)
    for pod in patroni.etcd:
        pod.processes["etcd"].kill()
    begin = time.monotonic()
    for pod in patroni.etcd:
        patroni.cluster.start_container(pod, "etcd")
    for pod in patroni.members:
        patroni.cluster.start_container(pod, "postgres")
    patroni.wait_whole(within=120)
    client.wait_acks(50, after=begin, within=60)
    lost = ended(patroni, client)
    report.record("postgres", "all servers killed and started", seconds=client.gap(begin)[1] - begin, lost=lost)
    assert lost == 0


def test_the_times_of_patronis_own_defaults(target: Topology, report: Report) -> None:
    slow = changed(target, ttl=30_000, loop_wait=10_000, retry_timeout=10_000)
    with running(slow) as found:
        killed(found, slow, report, "leader killed, 30/10/10")


def test_without_a_pooler_every_member_leads_to_the_leader(target: Topology, report: Report) -> None:
    plain = changed(target, pooled=False)
    with running(plain) as found:
        old = found.wait_whole()
        front = next(number for number, pod in enumerate(found.members) if pod is not old)
        dsn = found.dsn("api_service", "nova_auth", way="primary", pooler=front)
        found.sql(dsn, f"CREATE TABLE {TABLE} (id bigint)")
        client = found.writer(dsn, TABLE)
        client.wait_acks(50)
        begin = time.monotonic()
        found.kill(old)
        eventually(lambda: found.leader() not in (None, old), "another leader", within=60)
        lost = ended(found, client)
        seconds, computed = client.gap(begin)[1] - begin, bound(plain, "killed")
        report.record("postgres", "leader killed, no pooler", seconds=seconds, bound=computed, lost=lost)
        assert lost == 0
        assert seconds <= computed[1]


def test_the_leader_is_cut_off(target: Topology, report: Report) -> None:
    """Nobody reaches it and it reaches nobody; what it had acknowledged is on the synchronous standby."""
    with switch() as network, running(target, network=network) as found:
        old = found.wait_whole()
        client = writer(found)
        begin = time.monotonic()
        with network.unplugged(old.address):
            eventually(lambda: found.leader() is not None, "another leader", within=60)
            client.wait_acks(100, after=begin + 5, within=60)
            seconds = client.gap(begin)[1] - begin
            time.sleep(10)
        found.wait_whole(120)
        assert found.leader() is not old
        lost, computed = ended(found, client), bound(target, "silent")
        found.wait_equal(TABLE, "nova_auth")
        assert "pg_rewind exit code=1" not in found.patroni(old).output()
        report.record("postgres", "leader cut off", seconds=seconds, bound=computed, lost=lost)
        assert lost == 0
        assert seconds <= computed[1]
