"""A server's memory settings leave room below the limit of its container.

Redis counts its data against ``maxmemory``, not the copies that a background save or an append-only rewrite makes of
changed pages, the buffers of replicas and clients, nor fragmentation. With ``maxmemory`` at the limit the kernel kills
it before it evicts anything, and most surely while it saves. PostgreSQL's ``shared_buffers`` come before the memory of
its connections in the same way.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/memory-optimization/ and
https://www.postgresql.org/docs/current/runtime-config-resource.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.embedded_configuration._units import BYTES, PAGES
from novaplan.checks.found import Found
from novaplan.checks.programs import Directive, Server, servers
from novaplan.importers.draft import Draft, Where
from novaplan.quantity import format_bytes

SEVERITY = "error"
_MOST = 80
"""Percent of the limit that data may take."""


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis and PostgreSQL servers with a memory limit."""
    told: set[Where] = set()
    for server in servers(draft, "redis-server", "postgres"):
        limit = server.container.resources.limits.memory
        if limit is None:
            continue
        name, units = ("maxmemory", BYTES) if server.program == "redis-server" else ("shared_buffers", PAGES)
        stated = next((item for item in reversed(server.stated) if item.name == name), None)
        amount = _amount(stated.first, units) if stated is not None else None
        if stated is not None and amount:
            if stated.where not in told:
                told.add(stated.where)
                yield from _of(server, stated, amount, limit)
        elif server.program == "redis-server" and not server.scripted and _reads_all(server) and not amount:
            text = f"sets no maxmemory: it takes all it is given, and is killed at the limit of {format_bytes(limit)}"
            remedy = "set maxmemory to three quarters of the limit, and a maxmemory-policy"
            yield Found(server.label, text, remedy, server.workload.where, "warning")


def _of(server: Server, stated: Directive, amount: int, limit: int) -> Iterator[Found]:
    name, where = stated.name, stated.where
    shown = f"{name} {format_bytes(amount)} in a container that may use {format_bytes(limit)}"
    if amount >= limit:
        text = f"{shown}: it is killed for memory before it is full, at the latest while it writes its data to disk"
        yield Found(server.label, text, f"set {name} to at most three quarters of the limit, or raise that", where)
    elif amount * 100 > limit * _MOST:
        text = f"{shown} leaves {100 - amount * 100 // limit} % for everything else, so a save may kill it"
        yield Found(server.label, text, f"set {name} to at most three quarters of the limit", where, "warning")


def _reads_all(server: Server) -> bool:
    """Whether the file that it may read is known."""
    return server.config is not None or not any(word.endswith(".conf") for word in server.container.command)


def _amount(text: str, units: dict[str, int]) -> int | None:
    match = re.fullmatch(r"(\d{1,18})\s*([a-z]*)", text.lower())
    return int(match[1]) * units[match[2]] if match and match[2] in units else None
