"""Clients know the password of the server they name.

A URL whose password is not the one that the server is started with is refused at every login. Both are compared here
and neither is shown; where one of them is not known, nothing is said.
Source: https://redis.io/docs/latest/commands/auth/ and https://www.postgresql.org/docs/current/auth-password.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import unquote

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft, Setting
from novaplan.importers.hosts import Hosts

SEVERITY = "error"
_URL = re.compile(r"\b(redis|rediss|postgres|postgresql)(?:\+\w+)?://([^:@/\s]*)(?::([^@/\s]*))?@([A-Za-z0-9.\-]+)")
_OPEN = re.compile(r"\b(rediss?)://([A-Za-z0-9.\-]+)(?::\d+)?(?:/|$)")


def workloads(draft: Draft) -> Iterator[Found]:
    """Settings with a URL of a Redis or PostgreSQL that runs here."""
    found = {id(server.workload): server for server in servers(draft, "redis-server", "postgres")}
    if not found:
        return
    hosts = Hosts(draft)
    told: set[tuple[str, int | None]] = set()
    for workload in draft.workloads:
        for setting in (item for container in workload.containers for item in container.settings):
            for scheme, user, password, host in _logins(setting):
                answer = hosts.answer(host, workload.namespace).workloads
                known = (found.get(id(draft.workloads[index])) for index in answer)
                server = next(filter(None, known), None)
                place = (setting.where.file, setting.where.line)
                text = _wrong(server, scheme, user, password) if server is not None and place not in told else ""
                if text:
                    told.add(place)
                    remedy = "take both from the same key of one Secret"
                    yield Found(workload.name, f"{setting.name or 'an argument'} {text}", remedy, setting.where)


def _logins(setting: Setting) -> Iterator[tuple[str, str, str, str]]:
    text = setting.text or ""
    for scheme, user, password, host in _URL.findall(text):
        yield scheme, unquote(user), unquote(password), host
    for scheme, host in _OPEN.findall(text) if "@" not in text else ():
        yield scheme, "", "", host


def _wrong(server: Server, scheme: str, user: str, password: str) -> str:
    """What is wrong with a login, empty where nothing is, or nothing is known."""
    if scheme.startswith("redis") != server.program.startswith("redis") or "$" in password:
        return ""
    if server.program == "redis-server":
        stated = server.last("requirepass")
        if server.scripted or (
            server.config is None and any(word.endswith(".conf") for word in server.container.command)
        ):
            return ""
        if stated is None or "$" in stated.first:
            return ""
        if not password:
            return f"names {server.label} without a password, and that asks for one: every command is refused"
        if user in ("", "default") and password != stated.first:
            return f"has another password than {server.label} asks for: every login is refused"
        return ""
    return _postgres(server, user, password)


def _postgres(server: Server, user: str, password: str) -> str:
    values: dict[str, str | None] = defaultdict(lambda: None)
    values.update({item.name: item.text for item in server.container.settings})
    owner, asked = values["POSTGRES_USER"] or "postgres", values["POSTGRES_PASSWORD"]
    if asked and user == owner and password and password != asked and values["POSTGRES_HOST_AUTH_METHOD"] != "trust":
        return f"has another password for {user} than {server.label} is made with: every login is refused"
    return ""
