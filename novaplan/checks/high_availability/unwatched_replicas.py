"""Replicas have something that promotes them.

A replica holds a copy, it does not take over: when the master is lost, writes fail until a person acts. Sentinels,
Redis Cluster, Patroni and operators are what promotes.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/replication/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.high_availability._redis import groups
from novaplan.checks.reading import System
from novaplan.importers.draft import Draft
from novaplan.topology.datastore import Cluster

SEVERITY = "warning"
_WITH_MASTER = ("redis", "postgres", "mysql", "mariadb", "mongodb")
_REMEDY = "run three Sentinels, or an operator that promotes"


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis servers that follow another one where no Sentinel runs."""
    if any(group.sentinels for group in groups(draft)):
        return
    for group in groups(draft):
        for server in group.replicas:
            follow = server.last("slaveof", "replicaof")
            text = "follows a master, and nothing promotes it when that is lost: writes fail until a person acts"
            yield Found(server.label, text, _REMEDY, follow.where if follow else None)


def topology(system: System) -> Iterator[Found]:
    """Clusters that are stated not to fail over."""
    for store in system.topology.datastores:
        if (
            store.kind in _WITH_MASTER
            and isinstance(store.deployment, Cluster)
            and not store.deployment.failover
            and store.deployment.members > 1
        ):
            text = (
                f"none of its {store.deployment.members} servers takes over from another, so they add no availability"
            )
            yield Found(store.name, text, _REMEDY)
