"""A section for each datastore that changed: how it runs, what it holds, and who owns that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from novaplan.capacity.totals import Amounts, datastore_components
from novaplan.changes import wording
from novaplan.changes.dependency_rows import dependency_rows
from novaplan.changes.grouping import Groups
from novaplan.changes.model import Change, Diff
from novaplan.changes.sections import Section, rows
from novaplan.topology.base import Model
from novaplan.topology.datastore import (
    Cluster,
    ConsumerGroup,
    Datastore,
    Deployment,
    Kafka,
    Managed,
    Patroni,
    Sentinel,
    Standalone,
    Topic,
)
from novaplan.topology.parts import address, label_of

Row = tuple[str, str]

_TOLD = ("name", "deployment", "storage", "connections.max")


def datastore_sections(groups: Groups) -> Iterator[Section]:
    """Datastores by name."""
    for store in groups.diff.target.datastores:
        by_kind = groups.of(address("datastore", store.name))
        if not by_kind:
            continue
        own = next((change for change in by_kind.get("datastore", ()) if change.after is not None), None)
        names = [wording.named(source) for source in own.before] if own else [store.name]
        before = [groups.diff.current.datastore[name] for name in names]
        content = tuple(_rows(before, store, own, by_kind, groups.diff))
        if content or own is not None:
            yield Section(_title(store, own), content or (("", "nothing else changes"),))


def _title(store: Datastore, own: Change | None) -> str:
    name = f"{store.name} ({store.kind})"
    if own is None or own.action == "update":
        return name
    return f"{name} <- {', '.join(map(wording.named, own.before))}" if own.sources else f"{name} (new)"


def _rows(
    before: Sequence[Datastore], after: Datastore, own: Change | None, by_kind: Mapping[str, list[Change]], diff: Diff
) -> Iterator[Row]:
    if own is not None and own.reason:
        yield "why", own.reason
    runs = list(dict.fromkeys(deployment_text(store.deployment) for store in before))
    if runs != [deployment_text(after.deployment)]:
        yield "runs as", wording.step(" and ".join(runs), deployment_text(after.deployment)).removeprefix(" -> ")
    whole = [_whole(store) for store in before]
    if sum(item.pods for item in whole) != _whole(after).pods:
        yield "pods", wording.step(wording.terms([item.pods for item in whole]) or "0", str(_whole(after).pods))
    yield from wording.amounts_rows(whole, _whole(after))
    limits = [_limit(store) for store in before]
    if limits and set(limits) != {_limit(after)}:
        yield "connections", f"{', '.join(dict.fromkeys(limits))} -> {_limit(after)}"
    for label, kind in (("databases", "database"), ("schemas", "schema"), ("logical DBs", "logical-db")):
        yield from rows(label, list(_held(by_kind.get(kind, ()), diff)))
    held = [change for kind in ("database", "schema", "logical-db") for change in by_kind.get(kind, ())]
    if any(_follows(change, diff) for change in held):
        yield "owners", "follow their services"
    yield from rows("topics", list(wording.items(by_kind.get("topic", ()), _topic, ("name", "partitions"))))
    yield from rows(
        "consumer groups", list(wording.items(by_kind.get("consumer-group", ()), _consumer_group, ("name", "topics")))
    )
    yield from dependency_rows(by_kind.get("dependency", ()), diff)
    if own is not None and own.sources:
        skip = _TOLD if runs != [deployment_text(after.deployment)] else tuple(set(_TOLD) - {"deployment"})
        yield from rows("settings", wording.field_lines(own, skip))


def _limit(store: Datastore) -> str:
    most = store.connections.max
    return "server's default" if most is None else f"at most {most}"


def _whole(store: Datastore) -> Amounts:
    """The data members and all helpers."""
    return sum((component.amounts for component in datastore_components(store)), Amounts())


def _held(changes: Sequence[Change], diff: Diff) -> Iterator[str]:
    """Databases, schemas and logical DBs under their path on the server, with what differs."""
    for change in changes:
        own = label_of(change.address)
        inside = own.partition("/")[2]
        skip = ("owner", "owners") if _follows(change, diff) else ()
        notes = wording.field_lines(change, ("name", "index", *skip))
        if change.after is None:
            yield f"{own} dropped" + (f": {change.reason}" if change.reason else "")
        elif not change.sources:
            yield f"{inside} (new)" + _owned(change.after)
        else:
            origin = "" if change.sources == (change.address,) else f" <- {', '.join(map(label_of, change.sources))}"
            if origin or notes:
                yield inside + origin + (": " if notes else "") + "; ".join(notes)


def _follows(change: Change, diff: Diff) -> bool:
    """Whether who owns a part only has another name now."""
    if change.after is None or not change.sources:
        return False
    before = {name for part in change.before for name in _owners(part)}
    heirs = (diff.whereabouts.get(address("service", name)) for name in before)
    followed = {name for heir in heirs if heir is not None for name in heir.into}
    return followed == set(_owners(change.after)) and before != followed


def _owners(part: Model) -> tuple[str, ...]:
    owner = getattr(part, "owner", None)
    return (*getattr(part, "owners", ()), *([owner] if owner else []))


def _owned(part: Model) -> str:
    owners = _owners(part)
    return f", owner {', '.join(owners)}" if owners else ""


def deployment_text(deployment: Deployment) -> str:
    """How a datastore runs, in a phrase."""
    if isinstance(deployment, Sentinel):
        count, quorum = deployment.sentinels, deployment.quorum
        return f"Sentinel ({deployment.members} members, {count} sentinels, quorum {quorum})"
    if isinstance(deployment, Patroni):
        etcd = f"etcd {deployment.etcd.members}" if deployment.etcd else "lease in the Kubernetes API"
        return f"Patroni ({deployment.members} members, {etcd}{', synchronous' if deployment.synchronous else ''})"
    if isinstance(deployment, Kafka):
        copies = f"replication {deployment.replication_factor}"
        return f"Kafka ({deployment.brokers} brokers, {deployment.coordination}, {copies})"
    if isinstance(deployment, Cluster):
        return f"cluster ({deployment.members} members{'' if deployment.failover else ', no failover'})"
    if isinstance(deployment, Managed):
        return "managed" + (f" by {deployment.provider}" if deployment.provider else "")
    assert isinstance(deployment, Standalone)
    return "standalone"


def _topic(topic: Topic) -> str:
    return topic.name + (f" ({topic.partitions} partitions)" if topic.partitions else "")


def _consumer_group(group: ConsumerGroup) -> str:
    return group.name + (f" of {', '.join(group.topics)}" if group.topics else "")
