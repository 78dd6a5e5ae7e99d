"""A client logs in with the password that its server was given.

The password of a user stands twice: where the server is set up, and where a client is told it. When the two differ, or
fall back to different defaults while nobody sets them, the server refuses every login. No value is ever shown.
Source: the documentation of the images, such as https://github.com/docker-library/docs/blob/master/postgres/README.md
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from novaplan.checks.found import Found
from novaplan.checks.mentions import Mention, mentions
from novaplan.importers.addresses.names import subject
from novaplan.importers.draft import Container, Draft, Workload
from novaplan.importers.hosts import Hosts
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE

SEVERITY = "error"

Logins = dict[str, set[str]]
"""Passwords by user; more than one where it is set more than once."""

_VARIABLES: Final = (
    ("POSTGRES_USER", "POSTGRES_PASSWORD", "postgres"),
    ("MYSQL_USER", "MYSQL_PASSWORD", None),
    ("MARIADB_USER", "MARIADB_PASSWORD", None),
    (None, "MYSQL_ROOT_PASSWORD", "root"),
    (None, "MARIADB_ROOT_PASSWORD", "root"),
    ("CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD", "default"),
    ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "minioadmin"),
    ("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", None),
    ("RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "guest"),
)
_SQL = re.compile(r"\b(?:create|alter)\s+(?:user|role)\s+\"?([\w-]+)\"?[^;]*?\bpassword\s+'([^']*)'", re.IGNORECASE)
_REQUIREPASS = re.compile(r"^[ \t]*requirepass[ \t]+\"?([^\s\"]+)", re.MULTILINE)
_LOGIN = re.compile(r"\b[a-z][a-z0-9+.]*://([^:@/\s]*):([^@/\s]+)@")
_USER_WORDS: Final = ("USER", "USERNAME", "ACCESS_KEY")
_PASSWORD_WORDS: Final = ("PASSWORD", "PASS", "PASSWD", "SECRET_KEY")


def workloads(draft: Draft) -> Iterator[Found]:
    """Clients whose user the server knows by another password."""
    hosts = Hosts(draft)
    known = [_set_up(workload) for workload in draft.workloads]
    told = set()
    for mention in mentions(draft):
        space = mention.workload.namespace or (DEFAULT_NAMESPACE if draft.default_namespace else None)
        for index in hosts.answer(mention.host, space).workloads:
            server = draft.workloads[index]
            for user, password, name in _given(mention) if known[index] else ():
                passwords = known[index].get(user) or known[index].get("*") or {password}
                if password not in passwords and (mention.workload.name, server.name, name) not in told:
                    told.add((mention.workload.name, server.name, name))
                    shown = f" of user {user}" if user and "*" not in known[index] else ""
                    where = next(item.where for item in mention.container.settings if item.name == name)
                    yield Found(
                        mention.workload.name,
                        f"the password{shown} in {name} is not the one that {server.name} is set up with: "
                        "every login is refused",
                        f"let {name} and {server.name} take it from one place",
                        where,
                    )


def _set_up(server: Workload) -> Logins:
    """Users of a server with their passwords; ``*`` where the server knows no users."""
    found: Logins = defaultdict(set)
    for container in server.containers:
        values = _values(container)
        for user, password, usual in _VARIABLES:
            name = values.get(user or "", usual or "") or usual
            if name and values.get(password):
                found[name].add(values[password])
        name, _, password = values.get("NEO4J_AUTH", "").partition("/")
        if password:
            found[name].add(password)
        for setting in container.settings:
            if setting.name == "--requirepass" and _is_plain(setting.text):
                found["*"].add(setting.text or "")
        for file in container.files:
            if file.path.endswith(".sql"):
                for user, password in _SQL.findall(file.text):
                    found[user].add(password)
            elif "redis" in file.path and not found.get("*"):
                found["*"].update(_REQUIREPASS.findall(file.text))
    return {user: passwords for user, passwords in found.items() if passwords}


def _given(mention: Mention) -> Iterator[tuple[str, str, str]]:
    """User, password and variable that a client is told beside an address, or in it."""
    setting = next((item for item in mention.container.settings if item.name == mention.name), None)
    login = _LOGIN.search(setting.text or "") if setting else None
    if login and _is_plain(login[0]):
        yield unquote(login[1]), unquote(login[2]), mention.name
        return
    values, prefix = _values(mention.container), "_".join(subject(mention.name)).upper()
    password = next((f"{prefix}_{word}" for word in _PASSWORD_WORDS if values.get(f"{prefix}_{word}")), None)
    user = next((values[f"{prefix}_{word}"] for word in _USER_WORDS if values.get(f"{prefix}_{word}")), "")
    if password is not None and prefix:
        yield user, values[password], password


def _values(container: Container) -> dict[str, str]:
    plain = (item for item in container.settings if item.source == "env" and _is_plain(item.text))
    return {item.name: item.text or "" for item in plain}


def _is_plain(text: str | None) -> bool:
    return bool(text) and "$" not in (text or "")
