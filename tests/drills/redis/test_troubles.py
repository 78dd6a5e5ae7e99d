"""What else happens to servers: silence, partitions, lost volumes, outages, wrong passwords."""

from __future__ import annotations

import time
from collections.abc import Callable
from signal import SIGTERM

import pytest

from novaplan.topology.datastore import Standalone
from tests.drills.processes import eventually
from tests.drills.redis.client import RedisError, Writer, lost
from tests.drills.redis.conftest import bounds
from tests.drills.redis.network import cut, own_network
from tests.drills.redis.pods import Cluster
from tests.drills.report import Report

pytestmark = pytest.mark.nightly
MakeCluster = Callable[..., Cluster]


def fill(cluster: Cluster, count: int = 1000) -> None:
    """Puts keys into the master, on disk and on every replica."""
    with cluster.client(cluster.settle()) as client:
        for number in range(count):
            client.command("SET", f"key:{number}", str(number))
        assert client.command("WAIT", str(len(cluster.data_pods) - 1), "5000") == len(cluster.data_pods) - 1
    time.sleep(1.2)  # appendfsync everysec


def sizes(cluster: Cluster) -> list[object]:
    """How many keys each server has."""
    found = []
    for name in cluster.data_pods:
        with cluster.client(name) as client:
            found.append(client.command("DBSIZE"))
    return found


def writes_resume(cluster: Cluster, report: Report, drill: str, scenario: str, harm: Callable[[str], None]) -> str:
    """Does ``harm`` to the master while a client writes; gives the next master."""
    bound = bounds(cluster.store)[scenario]
    old = cluster.settle()
    with Writer(cluster.sentinels) as writer:
        eventually(lambda: len(writer.acknowledged) > 100, "the client writes", within=10)
        begun = time.monotonic()
        harm(old)
        eventually(lambda: cluster.master() not in ("", old), "another master", within=bound.most / 1000 + 30)
        chosen = time.monotonic()
        eventually(lambda: writer.written_since(chosen), "writes go on", within=10)
        time.sleep(1)
    seconds, new = writer.longest_gap(begun), cluster.master()
    with cluster.client(new) as client:
        missing = lost(client, writer)
    span = (bound.least / 1000, bound.most / 1000)
    report.record("redis", drill, seconds=seconds, bound=span, lost=len(missing))
    assert not missing
    assert seconds <= span[1]
    return new


def test_a_master_that_falls_silent(cluster: Cluster, report: Report) -> None:
    def freeze(name: str) -> None:
        for process in cluster.pods[name].running.values():
            process.pause()

    old = cluster.settle()
    new = writes_resume(cluster, report, "master and its Sentinel frozen", "silent", freeze)
    for process in cluster.pods[old].running.values():
        process.resume()
    assert cluster.settle() == new
    assert cluster.role(old) == "slave"


def test_a_master_that_is_gone_with_its_name(cluster: Cluster, report: Report) -> None:
    def remove(name: str) -> None:
        cluster.write_hosts([pod for pod in cluster.pods.values() if pod.name != name])
        cluster.kill(name)

    old = cluster.settle()
    new = writes_resume(cluster, report, "master's pod and name gone", "silent", remove)
    cluster.write_hosts(cluster.pods.values())
    cluster.wipe(old)
    cluster.start(old)
    assert cluster.settle() == new


def test_a_master_that_is_told_to_stop_and_does_not_hand_over(cluster: Cluster, report: Report) -> None:
    def stop(name: str) -> None:
        cluster.pods[name].running["redis"].signal(SIGTERM)

    writes_resume(cluster, report, "master stopped (SIGTERM), without preStop", "stopped", stop)


def test_separate_sentinels(make_cluster: MakeCluster, report: Report) -> None:
    cluster = make_cluster(placement="separate")
    cluster.start()
    old = cluster.settle()
    new = writes_resume(cluster, report, "master killed (-9), separate Sentinels", "killed", cluster.kill)
    cluster.start(old)
    assert cluster.settle() == new
    assert cluster.role(old) == "slave"


def test_a_partition(make_cluster: MakeCluster, report: Report) -> None:
    """A client stays with the master that is cut off: that takes no more writes after the lag it allows."""
    with own_network():
        cluster = make_cluster()
        cluster.start()
        old = cluster.settle()
        silent, most_lag = bounds(cluster.store)["silent"], cluster.store.deployment.min_replicas_max_lag / 1000
        ours = cluster.pods[old].address
        outside = ours.rpartition(".")[0] + ".250"
        theirs = [pod.address for pod in cluster.pods.values() if pod.name != old]
        rest = [address for address in cluster.sentinels.addresses if address.host != ours]
        cluster.sentinels.addresses, everyone = rest, cluster.sentinels.addresses
        with (
            Writer(cluster.sentinels, stays_with=cluster.address(old), source=ours) as inside,
            Writer(cluster.sentinels, source=outside) as elsewhere,
        ):
            eventually(lambda: len(inside.acknowledged) > 100 < len(elsewhere.acknowledged), "both write", within=10)
            begun = time.monotonic()
            with cut([ours], [*theirs, outside]):
                resumed = eventually(lambda: elsewhere.written_since(begun + 1.5), "writes go on", within=60) - begun
                time.sleep(max(0.0, begun + 15 - time.monotonic()))
                alone = inside.acknowledged[-1][0] - begun
                inside.stop()
            cluster.sentinels.addresses = everyone
            new = cluster.settle(90)
        with cluster.client(new) as client:
            missing = lost(client, elsewhere)
        report.record(
            "redis", "partition: writes elsewhere", seconds=resumed,
            bound=(silent.least / 1000, silent.most / 1000), lost=len(missing),
        )  # fmt: skip
        report.record(
            "redis", "partition: last write to the old master", seconds=alone, bound=(0, most_lag + 1.1),
            note="what it acknowledged meanwhile is lost, as no setting but WAIT prevents",
        )  # fmt: skip
        assert new != old
        assert resumed <= silent.most / 1000
        assert alone <= most_lag + 1.1


def test_no_failover_without_a_majority(cluster: Cluster) -> None:
    fill(cluster)
    old = cluster.settle()
    others = [name for name in cluster.data_pods if name != old]
    for name in others:
        cluster.kill(name, "sentinel")
    cluster.kill(old, "redis")
    time.sleep(15)
    assert [cluster.role(name) for name in others] == ["slave", "slave"]
    for name in others:
        cluster.start(name, container="sentinel")
    eventually(lambda: cluster.master() in others, "a failover, once there is a majority", within=90)
    cluster.start(old, container="redis")
    cluster.settle()
    assert sizes(cluster) == [1000] * 3


def test_a_master_that_restarts_at_once_keeps_its_data(cluster: Cluster) -> None:
    fill(cluster)
    old = cluster.settle()
    cluster.kill(old, "redis")
    cluster.start(old, container="redis")
    cluster.settle()
    assert sizes(cluster) == [1000] * 3


def test_a_master_that_restarts_with_an_empty_volume_empties_nobody(cluster: Cluster) -> None:
    fill(cluster)
    old = cluster.settle()
    cluster.kill(old, "redis")
    cluster.wipe(old)
    cluster.start(old, container="redis")
    new = cluster.settle()
    assert new != old
    assert sizes(cluster) == [1000] * 3
    assert "its data are gone" in cluster.pods[old].running["redis"].output()


def test_a_returning_master_is_never_a_master_again(cluster: Cluster) -> None:
    old = cluster.settle()
    cluster.kill(old)
    eventually(lambda: cluster.master() not in ("", old), "another master", within=30)
    cluster.start(old)
    roles = set()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        roles.add(cluster.role(old))
        time.sleep(0.02)
    assert roles - {""} == {"slave"}


def test_masters_that_return_while_sentinels_still_fail_over(cluster: Cluster) -> None:
    """The Sentinel that leads the failover names the new master first, and the returning pod hears it right then."""
    fill(cluster)
    for _ in range(5):
        old = cluster.settle()
        cluster.kill(old)
        new = eventually(lambda old=old: (cluster.master() or old) != old and cluster.master(), "another", within=30)
        cluster.start(old)
        assert cluster.settle() == new
    assert sizes(cluster) == [1000] * 3


def test_outages_of_everything(cluster: Cluster) -> None:
    """Every pod at once, three times, the master wherever it is; also one that was told to be it only by a failover."""
    fill(cluster)
    old = cluster.settle()
    cluster.kill(old)
    eventually(lambda: cluster.master() not in ("", old), "another master", within=30)
    cluster.start(old)
    for number in range(3):
        master = cluster.settle()
        with cluster.client(master) as client:
            client.command("SET", f"outage:{number}", "1")
        time.sleep(1.2)
        for name in cluster.pods:
            cluster.kill(name)
        cluster.start()
        assert cluster.settle() == master
    assert sizes(cluster) == [1003] * 3


def test_sentinels_keep_what_they_know(cluster: Cluster) -> None:
    old = cluster.settle()
    cluster.kill(old)
    eventually(lambda: cluster.master() not in ("", old), "another master", within=30)
    cluster.start(old)
    new = cluster.settle()

    def epochs() -> list[str]:
        return [cluster.sentinels.state(address)["config-epoch"] for address in cluster.sentinels.addresses]

    before = epochs()
    for name in cluster.pods:
        cluster.kill(name, "sentinel")
    cluster.start(container="sentinel")
    assert cluster.settle() == new
    eventually(lambda: epochs() == before, "every Sentinel knows the epoch", within=10)
    # One that lost its volume is the same Sentinel still: nobody counts a fourth.
    cluster.kill(old)
    cluster.wipe(old)
    cluster.start(old)
    assert cluster.settle() == new


def test_passwords(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    master = cluster.settle()
    cluster.password, right = "another", cluster.password
    with pytest.raises(RedisError, match="WRONGPASS"):
        cluster.client(master)
    ready = cluster.pods[master].containers["redis"]["readinessProbe"]["exec"]["command"]
    assert cluster.run(master, "redis", ready).returncode != 0
    for wrong, why in (("", "the password is empty"), ("two\nlines", "has a line break")):
        cluster.password = wrong
        cluster.kill(master, "redis")
        cluster.start(master, container="redis")
        process = cluster.pods[master].running["redis"]
        assert process.wait(10) == 1
        assert why in process.output()
    cluster.password = right
    cluster.start(master, container="redis")
    cluster.settle()
    assert cluster.run(master, "redis", ready).returncode == 0


def test_a_single_server_keeps_its_data(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(Standalone())
    [name] = cluster.pods
    cluster.start()
    eventually(lambda: cluster.role(name) == "master", "it serves", within=20)
    with cluster.client(name) as client:
        client.command("SET", "key", "value")
    time.sleep(1.2)
    cluster.kill(name)
    cluster.start()
    eventually(lambda: cluster.role(name) == "master", "it serves again", within=20)
    with cluster.client(name) as client:
        assert client.command("GET", "key") == "value"


def test_names_that_come_back_one_after_the_other(cluster: Cluster) -> None:
    """After an outage of everything a pod has a name only once it has an address."""
    fill(cluster)
    master = cluster.settle()
    for name in cluster.pods:
        cluster.kill(name)
    known = []
    for name in cluster.pods:
        known.append(cluster.pods[name])
        cluster.write_hosts(known)
        cluster.start(name)
        time.sleep(3)
        assert all(process.alive for process in cluster.pods[name].running.values())
    assert cluster.settle() == master
    assert sizes(cluster) == [1000] * 3
