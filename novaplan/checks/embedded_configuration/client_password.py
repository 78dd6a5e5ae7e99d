"""Clients give a password to the Redis that asks for one.

A URL without a password reaches a server that answers NOAUTH to every command. Passwords that differ are told by
credential-mismatch; where it is not known how the server is started, nothing is said.
Source: https://redis.io/docs/latest/commands/auth/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft
from novaplan.importers.hosts import Hosts

SEVERITY = "error"
_OPEN = re.compile(r"\brediss?://([A-Za-z0-9.\-]+)(?::\d+)?(?:/|$)")


def workloads(draft: Draft) -> Iterator[Found]:
    """Settings with a URL, and no password in it, of a Redis that runs here."""
    locked = {id(server.workload) for server in servers(draft, "redis-server") if _asks(server)}
    if not locked:
        return
    hosts = Hosts(draft)
    told: set[tuple[str, int | None]] = set()
    for workload in draft.workloads:
        for setting in (item for container in workload.containers for item in container.settings):
            text, place = setting.text or "", (setting.where.file, setting.where.line)
            for host in _OPEN.findall(text) if "@" not in text and place not in told else ():
                answer = [draft.workloads[index] for index in hosts.answer(host, workload.namespace).workloads]
                server = next((item for item in answer if id(item) in locked), None)
                if server is not None:
                    told.add(place)
                    name = setting.name or "an argument"
                    effect = "without a password, and that asks for one: every command is refused"
                    remedy = "take the password from the Secret that the server takes it from"
                    yield Found(workload.name, f"{name} names {server.name} {effect}", remedy, setting.where)


def _asks(server: Server) -> bool:
    """Whether it is known that the server wants a password."""
    unread = server.config is None and any(word.endswith(".conf") for word in server.container.command)
    return not server.scripted and not unread and server.last("requirepass") is not None
