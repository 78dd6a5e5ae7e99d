"""Voters are an odd number, three or more.

etcd and ZooKeeper need the votes of a majority. Two members need both, so they stop more often than one; four tolerate
one loss, as three do.
Source: https://etcd.io/docs/v3.5/faq/#why-an-odd-number-of-cluster-members
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import servers
from novaplan.checks.reading import System
from novaplan.findings import Severity
from novaplan.importers.draft import Draft
from novaplan.topology.datastore import Cluster, Patroni

SEVERITY = "warning"
_NAMES = {"etcd": "etcd members", "zookeeper": "ZooKeeper servers"}


def workloads(draft: Draft) -> Iterator[Found]:
    """Workloads of voters with more than one replica."""
    for server in servers(draft, *_NAMES):
        for text, remedy, severity in _wrong(server.workload.replicas, _NAMES[server.program]):
            yield Found(server.label, text, remedy, server.workload.where, severity)


def topology(system: System) -> Iterator[Found]:
    """The etcd of Patroni, and clusters of voters."""
    for store in system.topology.datastores:
        deployment, count, name = store.deployment, 0, _NAMES.get(store.kind, "")
        if isinstance(deployment, Patroni) and deployment.etcd is not None:
            count, name = deployment.etcd.members, _NAMES["etcd"]
            if count == 1 and deployment.members > 1:
                text = "one etcd member holds the lease of the leader: without it nobody leads and nothing is written"
                yield Found(store.name, text, "run three etcd members", severity="error")
        elif isinstance(deployment, Cluster):
            count = deployment.members
        for text, remedy, severity in _wrong(count, name) if name else ():
            yield Found(store.name, text, remedy, severity=severity)


def _wrong(count: int, name: str) -> Iterator[tuple[str, str, Severity]]:
    if count == 2:
        yield f"2 {name} need both for a majority: losing either stops the vote", "run three", "error"
    elif count > 2 and count % 2 == 0:
        less = f"{count} {name} tolerate {count - count // 2 - 1} losses, no more than {count - 1} do"
        yield less, f"run {count - 1} or {count + 1}", "warning"
