"""Kafka keeps each partition on as many brokers as its settings say, and as writers need.

A replication factor above the number of brokers makes the creation of the topic fail: with one broker and the usual
factor 3 of the internal topics, consumer groups never start. ``min.insync.replicas`` as large as the factor stops
writers with ``acks=all`` as soon as one broker is away; a factor of 1 loses the partitions of a lost broker.
Source: https://kafka.apache.org/documentation/#brokerconfigs
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.checks.reading import System
from novaplan.importers.draft import Draft, Setting
from novaplan.topology.datastore import Kafka

SEVERITY = "error"
_FACTORS = {
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "offsets of consumer groups",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "transactions",
    "KAFKA_DEFAULT_REPLICATION_FACTOR": "topics without a factor of their own",
}
_CONFLUENT = "cp-kafka"


def workloads(draft: Draft) -> Iterator[Found]:
    """Brokers by namespace, with the variables of the usual images."""
    groups: dict[str | None, list[Server]] = defaultdict(list)
    for server in servers(draft, "kafka"):
        groups[server.workload.namespace].append(server)
    for group in groups.values():
        count = sum(item.workload.replicas for item in group)
        for server in group:
            yield from _of(server, count)


def _of(server: Server, count: int) -> Iterator[Found]:
    stated = {item.name.replace("KAFKA_CFG_", "KAFKA_"): item for item in server.container.settings}
    brokers = "1 broker" if count == 1 else f"{count} brokers"
    for name, purpose in _FACTORS.items():
        factor = _number(stated.get(name))
        if factor is not None and factor > count:
            text = f"{name} {factor} for the {purpose} with {brokers}: creating those topics fails"
            yield Found(server.label, text, f"set it to {count}, or run {factor} brokers", stated[name].where)
    offsets = "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"
    if count < 3 and offsets not in stated and _CONFLUENT in (server.container.image or ""):
        text = f"{offsets} is left at its default of 3 with {brokers}: consumer groups never start"
        yield Found(server.label, text, f"set {offsets} to {count}", server.workload.where)
    least, usual = stated.get("KAFKA_MIN_INSYNC_REPLICAS"), _number(stated.get("KAFKA_DEFAULT_REPLICATION_FACTOR"))
    wanted = _number(least)
    if least is not None and wanted is not None:
        yield from _insync(server.label, wanted, usual or 1, least)


def topology(system: System) -> Iterator[Found]:
    """Kafka as it is stated."""
    for store in system.topology.datastores:
        deployment = store.deployment
        if not isinstance(deployment, Kafka):
            continue
        factor, brokers = deployment.replication_factor, deployment.brokers
        if factor > brokers:
            text = f"a replication factor of {factor} with {brokers} brokers: creating topics fails"
            yield Found(store.name, text, f"run {factor} brokers, or lower the factor")
        elif brokers > 1 and factor == 1:
            text = f"{brokers} brokers with a replication factor of 1: losing one loses its partitions"
            yield Found(store.name, text, "set the replication factor to 3", severity="warning")
        yield from _insync(store.name, deployment.min_insync_replicas, factor)


def _insync(subject: str, wanted: int, factor: int, stated: Setting | None = None) -> Iterator[Found]:
    where = stated.where if stated is not None else None
    if wanted > factor:
        text = f"writers need {wanted} replicas in sync and there are {factor}: acks=all is never given"
        yield Found(subject, text, f"set min.insync.replicas to {max(factor - 1, 1)}", where)
    elif wanted == factor > 1:
        text = f"writers need all {factor} replicas in sync: one broker away stops writes with acks=all"
        yield Found(subject, text, f"set min.insync.replicas to {factor - 1}", where, "warning")


def _number(setting: Setting | None) -> int | None:
    text = (setting.text or "") if setting is not None else ""
    return int(text) if text.isdecimal() else None
