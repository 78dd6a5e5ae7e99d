"""Datastores keep their votes: never fewer data servers, Sentinels, etcd members or brokers than either side needs.

On the way a store has at least as many of each as the smaller of the two sides, and what it has can decide: replicas
for the writes that wait for them, Sentinels for their quorum, brokers for the replicas of a partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import store
from novaplan.migration.world import View, World
from novaplan.topology.datastore import Datastore, Kafka, Patroni, Sentinel
from novaplan.topology.parts import label_of

Votes = dict[str, int]


def obligations(world: World) -> Iterator[Obligation]:
    """One for each datastore."""
    for own in world.universe.get("datastore", ()):
        sides = [part for part in (world.start.get(own), world.wanted.get(own)) if isinstance(part, Datastore)]
        counts = [_votes(side) for side in sides]
        least = {who: min(count.get(who, 0) for count in counts) for who in (counts[0] if counts else {})}
        yield Obligation(own, partial(_lost, name=label_of(own), least=tuple(least.items())))


def _votes(found: Datastore) -> Votes:
    votes = {"data servers": found.members}
    if isinstance(found.deployment, Sentinel):
        votes["Sentinels"] = found.deployment.sentinels
    if isinstance(found.deployment, Patroni) and found.deployment.etcd is not None:
        votes["etcd members"] = found.deployment.etcd.members
    return votes


def _lost(view: View, name: str, least: tuple[tuple[str, int], ...]) -> Shortfall | None:
    found = store(view, name, "deployment")
    if found is None:
        return None
    votes = _votes(found)
    few = [(who, votes.get(who, 0), count) for who, count in least if votes.get(who, 0) < count]
    few += [("members", have, need) for have, need in _undecided(found) if have < need]
    if not few:
        return None
    message = "; ".join(f"{have} {who} of {need} needed" for who, have, need in few)
    return Shortfall(message, sum(need - have for _, have, need in few), "add the new members before old ones go")


def _undecided(found: Datastore) -> Iterator[tuple[int, int]]:
    """What there is, and what a write or a failover takes."""
    deployment = found.deployment
    if isinstance(deployment, Sentinel):
        yield deployment.members, 1 + deployment.min_replicas_to_write
        yield deployment.sentinels, deployment.quorum
    if isinstance(deployment, Patroni) and deployment.synchronous:
        yield deployment.members, 2
    if isinstance(deployment, Kafka):
        yield deployment.brokers, deployment.replication_factor
        yield deployment.replication_factor, deployment.min_insync_replicas
