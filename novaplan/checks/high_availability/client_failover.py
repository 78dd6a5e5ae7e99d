"""Clients of a Redis that fails over find its new master.

A ``redis://`` URL holds one address. When Sentinels promote a replica the address still leads to the old master, or to
nobody: writes fail with READONLY, or go to a server that is about to lose them. Clients must ask the Sentinels
(``redis-sentinel://``, a list of Sentinels and the name of the master), or connect through something that follows.
Source: https://redis.io/docs/latest/develop/reference/sentinel-clients/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.high_availability._redis import watched
from novaplan.importers.draft import Container, Draft, Setting
from novaplan.importers.hosts import Hosts

SEVERITY = "error"
_URL = re.compile(r"\bredis(?:s)?://(?:[^@/\s]*@)?([A-Za-z0-9.\-]+)(?::(\d+))?")
_SENTINEL_PORT = "26379"


def workloads(draft: Draft) -> Iterator[Found]:
    """Variables and arguments with the URL of one server."""
    groups = list(watched(draft))
    if not groups:
        return
    watched_here = {id(item.workload) for group in groups for item in (*group.data, *group.sentinels)}
    spaces = {item.workload.namespace for group in groups for item in group.sentinels} - {None}
    hosts = Hosts(draft)
    for workload in draft.workloads:
        for container in workload.containers if id(workload) not in watched_here else ():
            for setting, host in _fixed(container):
                found = hosts.answer(host, workload.namespace).workloads
                known = any(id(draft.workloads[index]) in watched_here for index in found)
                if known or (not found and len(parts := host.split(".")) > 1 and parts[1] in spaces):
                    yield Found(
                        workload.name,
                        f"{setting.name or 'an argument'} names {host}, one address for what Sentinels move: after a "
                        "failover it writes to a replica, or reaches nobody",
                        "give it the Sentinels and the name of the master, with a client that asks them",
                        setting.where,
                    )


def _fixed(container: Container) -> Iterator[tuple[Setting, str]]:
    if any("sentinel" in item.name.lower() for item in container.settings):
        return
    for setting in container.settings:
        for match in _URL.finditer(setting.text or ""):
            if match[2] != _SENTINEL_PORT and "sentinel" not in (setting.text or "").partition("://")[0]:
                yield setting, match[1]
