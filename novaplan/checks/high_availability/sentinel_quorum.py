"""As many Sentinels run as must agree, and as elect a leader after one of them is lost.

A master counts as down when ``quorum`` Sentinels say so; the failover itself needs the votes of a majority of all
Sentinels. With fewer Sentinels than the quorum nothing ever fails over; with one or two nothing does after one is lost.
Three, on machines that fail independently, are the least. An even number survives no more than the odd one below it.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.high_availability._redis import groups
from novaplan.checks.programs import Directive, Server
from novaplan.checks.reading import System
from novaplan.findings import Severity
from novaplan.importers.draft import Draft
from novaplan.topology.datastore import Sentinel

SEVERITY = "error"


def workloads(draft: Draft) -> Iterator[Found]:
    """Sentinels by the namespace they run in."""
    for group in groups(draft):
        stated = [
            (item, monitor) for item in group.sentinels for monitor in item.stated if monitor.name == "sentinel monitor"
        ]
        for server, monitor in stated:
            yield from _of(server, monitor, group.count)
        if group.sentinels and not stated:
            first = group.sentinels[0]
            yield from _found(first.label, group.count, None, first)


def _of(server: Server, monitor: Directive, count: int) -> Iterator[Found]:
    quorum = monitor.words[3] if len(monitor.words) > 3 else ""
    yield from _found(server.label, count, int(quorum) if quorum.isdecimal() else None, server, monitor)


def topology(system: System) -> Iterator[Found]:
    """Datastores deployed with Sentinels."""
    for store in system.topology.datastores:
        if isinstance(store.deployment, Sentinel):
            yield from _found(store.name, store.deployment.sentinels, store.deployment.quorum)


def _found(
    subject: str, count: int, quorum: int | None, server: Server | None = None, monitor: Directive | None = None
) -> Iterator[Found]:
    where = monitor.where if monitor else server.workload.where if server else None
    majority = count // 2 + 1
    run = "one Sentinel runs" if count == 1 else f"{count} Sentinels run"
    more = "run three Sentinels on three machines, with a quorum of 2"
    severity: Severity = "error"
    if quorum is not None and quorum > count:
        text = f"{run} and {quorum} must agree that the master is down, so no failover ever begins"
    elif count < 3:
        text = f"{run}; when a machine takes one along, no majority of {majority} is left and nothing fails over"
    elif quorum is not None and quorum > count - 1:
        text = f"all {count} Sentinels must agree that the master is down, so losing one of them ends every failover"
        more = f"set the quorum to {majority}"
    elif quorum == 1:
        text = f"one of {count} Sentinels is enough to begin a failover, so a single bad link does"
        more, severity = f"set the quorum to {majority}", "warning"
    elif count % 2 == 0:
        text = f"{run}, of which {majority} must vote: no more may be lost than of {count - 1}"
        more, severity = f"run {count - 1} or {count + 1}", "warning"
    else:
        return
    yield Found(subject, text, more, where, severity)
