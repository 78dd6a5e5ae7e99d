"""The master is lost, or goes on purpose, while a client writes."""

from __future__ import annotations

import time

import pytest

from tests.drills.processes import eventually
from tests.drills.redis.client import Writer, lost
from tests.drills.redis.conftest import bounds
from tests.drills.redis.pods import Cluster
from tests.drills.report import Report

PLANNED = "master deleted, with the rendered preStop"
KILLED = "master killed (-9)"


def test_the_bound_is_the_one_that_was_measured(target: object) -> None:
    """5.2-7.8 s and the client's poll: down_after 5 s, tick 0.2, ask 1.0, election 0.2-0.4, INFO 1.1, hello 0.1."""
    store = target.datastore["redis"]  # type: ignore[attr-defined]
    killed = bounds(store)["killed"]
    polling = sum(term.most for term in killed.terms if "clients" in term.what)
    assert (killed.least, killed.most - polling) == (5200, 7800)


def kill_and_time(cluster: Cluster, report: Report) -> None:
    """Kills the master, waits for the next, and starts the old one again."""
    bound = bounds(cluster.store)["killed"]
    old = cluster.settle()
    with Writer(cluster.sentinels) as writer:
        eventually(lambda: len(writer.acknowledged) > 100, "the client writes", within=10)
        begun = time.monotonic()
        cluster.kill(old, "redis")
        resumed = eventually(lambda: writer.written_since(begun + 1), "writes go on", within=bound.most / 1000 + 30)
        new = cluster.master()
        cluster.start(old, container="redis")
        eventually(lambda: cluster.role(old) == "slave" and cluster.in_sync(old), f"{old} follows", within=30)
        time.sleep(1)
    with cluster.client(new) as client:
        missing = lost(client, writer)
    seconds = resumed - begun
    report.record(
        "redis",
        KILLED,
        seconds=seconds,
        bound=(bound.least / 1000, bound.most / 1000),
        lost=len(missing),
        note=f"{len(writer.acknowledged)} writes",
    )
    assert new != old
    assert cluster.settle() == new
    assert not missing
    assert seconds <= bound.most / 1000


def test_a_killed_master_is_replaced_and_comes_back_as_a_replica(cluster: Cluster, report: Report) -> None:
    kill_and_time(cluster, report)


def test_a_planned_stop_hands_over(cluster: Cluster, report: Report) -> None:
    hand_over_and_time(cluster, report)


def hand_over_and_time(cluster: Cluster, report: Report) -> None:
    """Deletes the master's pod as the kubelet does, and starts it again."""
    bound = bounds(cluster.store)["handed over"]
    old = cluster.settle()
    with Writer(cluster.sentinels) as writer:
        eventually(lambda: len(writer.acknowledged) > 100, "the client writes", within=10)
        begun = time.monotonic()
        said = cluster.delete(old)
        stopped = time.monotonic()
        eventually(lambda: writer.written_since(stopped), "writes go on", within=20)
        seconds = writer.longest_gap(begun)
        cluster.start(old)
        new = cluster.settle()
    with cluster.client(new) as client:
        missing = lost(client, writer)
    report.record(
        "redis",
        PLANNED,
        seconds=seconds,
        bound=(bound.least / 1000, bound.most / 1000),
        lost=len(missing),
        note=f"{len(writer.acknowledged)} writes",
    )
    assert said.returncode == 0, said.stderr
    assert new != old
    assert not missing
    assert seconds <= bound.most / 1000


@pytest.mark.nightly
def test_ten_kills(cluster: Cluster, report: Report) -> None:
    for _ in range(10):
        kill_and_time(cluster, report)


@pytest.mark.nightly
def test_ten_planned_stops(cluster: Cluster, report: Report) -> None:
    for _ in range(10):
        hand_over_and_time(cluster, report)
