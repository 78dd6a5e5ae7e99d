"""The leader is told to stop, and the leader is killed, while a client writes through the rendered proxy and pooler."""

from __future__ import annotations

import time

from novaplan.topology.system import Topology
from tests.drills.postgres.conftest import bound
from tests.drills.postgres.patroni import Patroni, Writer
from tests.drills.processes import eventually
from tests.drills.report import Report

TABLE = "public.drill"
IN_RECOVERY = "SELECT pg_is_in_recovery(), inet_server_addr()"


def writer(patroni: Patroni) -> Writer:
    """A client of the pooler, once it writes."""
    dsn = patroni.dsn("api_service", "nova_auth")
    patroni.sql(dsn, f"DROP TABLE IF EXISTS {TABLE}; CREATE TABLE {TABLE} (id bigint)")
    made = patroni.writer(dsn, TABLE)
    made.wait_acks(50)
    return made


def check_ways(patroni: Patroni) -> None:
    """The proxy's one way reaches the leader alone, the other one replicas alone; each proxy."""
    leader = patroni.wait_whole()
    replicas = {pod.address for pod in patroni.members if pod is not leader}
    for pooler in range(len(patroni.poolers)):
        ways = {way: patroni.dsn("api_service", "nova_auth", way=way, pooler=pooler) for way in ("primary", "replicas")}
        # A member that has changed its role is seen to have at the next checks.
        eventually(
            lambda dsn=ways["replicas"]: patroni.sql(dsn, IN_RECOVERY).startswith("t"), "replicas answer", within=5
        )
        reached = {way: {patroni.sql(dsn, IN_RECOVERY) for _ in range(8)} for way, dsn in ways.items()}
        assert reached["primary"] == {f"f|{leader.address}"}
        assert reached["replicas"] == {f"t|{address}" for address in replicas}


def planned(patroni: Patroni, target: Topology, report: Report, drill: str = "leader told to stop (SIGTERM)") -> float:
    """SIGTERM of the leader, as in a rolling update; gives the seconds until writes go on."""
    old = patroni.wait_whole()
    client = writer(patroni)
    begin = time.monotonic()
    patroni.patroni(old).terminate()
    client.wait_acks(100, after=begin + 0.5)
    eventually(lambda: patroni.leader() not in (None, old), "another leader", within=60)
    client.wait_acks(100, after=time.monotonic())
    patroni.patroni(old).wait(60)
    return finish(patroni, target, report, client, old, begin, drill=drill)


def killed(patroni: Patroni, target: Topology, report: Report, drill: str = "leader killed (kill -9)") -> float:
    """kill -9 of Patroni and PostgreSQL of the leader; gives the seconds until writes go on."""
    old = patroni.wait_whole()
    client = writer(patroni)
    begin = time.monotonic()
    patroni.kill(old)
    eventually(lambda: patroni.leader() not in (None, old), "another leader", within=60)
    client.wait_acks(100, after=time.monotonic())
    return finish(patroni, target, report, client, old, begin, drill=drill)


def finish(
    patroni: Patroni, target: Topology, report: Report, client: Writer, old: object, begin: float, *, drill: str
) -> float:
    """Counts, starts the old leader again, and sees that it follows."""
    client.end()
    leader = patroni.leader()
    assert leader is not None
    lost = client.lost(patroni, leader, TABLE, "nova_auth")
    seconds = client.gap(begin)[1] - begin
    again = time.monotonic()
    member = next(pod for pod in patroni.members if pod is old)
    patroni.cluster.start_container(member, patroni.datastore.name)
    patroni.wait_whole()
    rejoined = time.monotonic() - again
    patroni.wait_equal(TABLE, "nova_auth")
    computed = bound(target, "killed" if "kill" in drill else "stopped")
    note = f"{len(client.acks())} acknowledged, old leader follows after {rejoined:.1f} s"
    report.record("postgres", drill, seconds=seconds, bound=computed, lost=lost, note=note)
    assert lost == 0
    assert seconds <= computed[1]
    return seconds


def test_each_way_leads_where_it_should(patroni: Patroni) -> None:
    check_ways(patroni)


def test_the_leader_is_told_to_stop(patroni: Patroni, target: Topology, report: Report) -> None:
    leader = patroni.wait_whole()
    patroni.as_superuser(leader, "ALTER ROLE realtime_service CONNECTION LIMIT 1")
    planned(patroni, target, report)
    check_ways(patroni)
    # Whoever takes over makes roles and rights what they should be.
    leader = patroni.wait_whole()
    question = "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'realtime_service'"
    eventually(lambda: patroni.as_superuser(leader, question) == "50", "the script has run", within=20)


def test_the_leader_is_killed(patroni: Patroni, target: Topology, report: Report) -> None:
    killed(patroni, target, report)
    check_ways(patroni)
