"""Addresses without a scheme: host:port, lists of them, and the connection strings of various drivers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from novaplan.importers.addresses.urls import HOST, Address, address
from novaplan.importers.addresses.wordlist import word_list

_ITEM = re.compile(rf"(?:[\w.\-]+=)?(?:[^\s@/,;]*@)?({HOST}):(\d{{1,5}})(?::\d{{1,5}})*(?:/[^\s,;]*)?")
_BARE = re.compile(rf"({HOST})(?:/[^\s,;]*)?")
_SEPARATORS = re.compile(r"[,;\s]+")
_GO_MYSQL = re.compile(rf"@?\btcp[46]?\(({HOST})(?::(\d{{1,5}}))?\)/([^?\s]*)")
_TNS = re.compile(rf"\(\s*HOST\s*=\s*({HOST})\s*\)(?:\s*\(\s*PORT\s*=\s*(\d{{1,5}})\s*\))?", re.IGNORECASE)
# Databases of a cloud that have a path instead of a host; its interface is the host.
_SPANNER = re.compile(r"projects/[^/\s]+/instances/[^/\s]+/databases/([^/\s;?]+)")
_SPANNER_HOST: Final = "spanner.googleapis.com"
_LIBPQ_PAIR = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S*)")

_HOST_KEYS: Final = frozenset(
    (
        "server",
        "host",
        "hostname",
        "data source",
        "datasource",
        "addr",
        "address",
        "network address",
        "hosts",
        "endpoint",
    )
)
_DATABASE_KEYS: Final = frozenset(("database", "initial catalog", "dbname", "db", "databasename"))
_SCHEMA_KEYS: Final = frozenset(("search path", "searchpath", "search_path", "currentschema", "options"))
_REDIS_OPTIONS: Final = word_list(
    "password user ssl abortconnect defaultdatabase allowadmin connecttimeout synctimeout connectretry",
    "keepalive name servicename channelprefix resolvedns",
)


def find(text: str, *, bare: bool, claimed: bool) -> list[Address]:
    """The addresses that make up ``text``; none when it is anything else.

    ``bare`` says that a host alone is one, ``claimed`` that the name of the variable says so.
    """
    if "=" in text:
        found = list(_connection_string(text))
        if found:
            return found
    if "(" in text:
        return list(_in_brackets(text))
    spanner = _SPANNER.search(text) if text.startswith("projects/") else None
    if spanner is not None:
        return [Address(_SPANNER_HOST, None, "spanner", spanner[1])]
    return _list(text, bare=bare, claimed=claimed)


def _list(text: str, *, bare: bool, claimed: bool) -> list[Address]:
    items = [item for item in _SEPARATORS.split(text.strip().strip("[]")) if item]
    found = []
    for item in items:
        item = item.strip("\"'")
        match = _ITEM.fullmatch(item)
        if match:
            one = address(match[1], match[2], claimed=claimed)
        elif bare and (alone := _BARE.fullmatch(item)):
            one = address(alone[1], claimed=claimed)
        else:
            return []
        if one:
            found.append(one)
    return found


def _in_brackets(text: str) -> Iterator[Address]:
    """The drivers of Go and Oracle put the host in brackets."""
    for match in _GO_MYSQL.finditer(text):
        found = address(match[1], match[2], "mysql")
        if found:
            yield Address(found.host, found.port, "mysql", path=match[3] or None)
    for match in _TNS.finditer(text):
        found = address(match[1], match[2], "oracle")
        if found:
            yield found


def _connection_string(text: str) -> Iterator[Address]:
    pairs = _pairs(text)
    hosts = [value for key, value in pairs if key in _HOST_KEYS]
    if not hosts:
        yield from _redis_options(text)
        return
    options = tuple(("database", value) for key, value in pairs if key in _DATABASE_KEYS)
    options += tuple(("search_path", value) for key, value in pairs if key in _SCHEMA_KEYS)
    port = next((value for key, value in pairs if key == "port" and value.isdigit()), None)
    items = hosts[0].removeprefix("tcp:").partition("\\")[0].split(",")
    if len(items) == 2 and items[1].strip().isdigit():
        # SQL Server parts host and port with a comma, PostgreSQL hosts.
        items, port = items[:1], items[1].strip()
    for item in items:
        host, _, own = item.strip().partition(":")
        found = address(host, own if own.isdigit() else port)
        if found:
            yield Address(found.host, found.port, None, None, options)


def _pairs(text: str) -> list[tuple[str, str]]:
    if ";" in text or not re.match(r"\s*\w+\s*=\s*\S+\s+\w+\s*=", text):
        parts = (part.partition("=") for part in text.split(";"))
        return [(key.strip().lower(), value.strip().strip("'\"")) for key, mark, value in parts if mark]
    return [(match[1].lower(), match[2].strip("'")) for match in _LIBPQ_PAIR.finditer(text)]


def _redis_options(text: str) -> Iterator[Address]:
    """``cache:6379,password=x,defaultDatabase=2``, as a client of .NET writes it."""
    parts = [part.strip() for part in text.split(",")]
    named = [part.partition("=") for part in parts if "=" in part]
    if not named or any(key.strip().lower() not in _REDIS_OPTIONS for key, _, _ in named):
        return
    options = tuple(
        ("db", value.strip()) for key, _, value in named if key.strip().lower() == "defaultdatabase" and value.strip()
    )
    for part in parts:
        host, _, port = part.partition(":")
        if "=" not in part and (not port or port.isdigit()):
            found = address(host, port or None, "redis")
            if found:
                yield Address(found.host, found.port, "redis", None, options)
