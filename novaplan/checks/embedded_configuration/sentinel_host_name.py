"""A Sentinel that is given host names is told to resolve them.

Without ``sentinel resolve-hostnames yes`` a name in ``sentinel monitor`` ends the start: Can't resolve instance
hostname. With it, ``sentinel announce-hostnames yes`` makes Sentinels tell names to each other and to clients, instead
of addresses that change with every pod.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ (IP addresses and DNS names)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Directive, Server, servers
from novaplan.importers.draft import Draft

SEVERITY = "error"
_ADDRESS = re.compile(r"[\d.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*|[$%{].*")


def workloads(draft: Draft) -> Iterator[Found]:
    """Sentinels that monitor a name."""
    for server in servers(draft, "redis-sentinel"):
        for monitor in server.all("sentinel monitor"):
            host = monitor.words[1] if len(monitor.words) > 1 else ""
            if host and not _ADDRESS.fullmatch(host):
                yield from _of(server, monitor, host)


def _of(server: Server, monitor: Directive, host: str) -> Iterator[Found]:
    if not _is_on(server, "resolve-hostnames"):
        text = f"monitors the name {host} without resolve-hostnames: it exits with Can't resolve instance hostname"
        remedy = "add sentinel resolve-hostnames yes and sentinel announce-hostnames yes, before anything else"
        yield Found(server.label, text, remedy, monitor.where)
    elif not _is_on(server, "announce-hostnames"):
        text = "resolves names and tells addresses: what Sentinels and clients were told is wrong once a pod moved"
        yield Found(server.label, text, "add sentinel announce-hostnames yes", monitor.where, "warning")


def _is_on(server: Server, name: str) -> bool:
    stated = server.last(f"sentinel {name}")
    return stated is not None and stated.first.lower() == "yes"
