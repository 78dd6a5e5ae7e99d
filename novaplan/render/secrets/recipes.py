"""How the value of a key would be made, where that follows from the topology: the address a service logs in with.

What a key holds is told by its last word: a password, a user, a host, a port, or a whole address. A key whose name says
neither, and one that opens what somebody else runs, is left to a person.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from novaplan.render.context import Context
from novaplan.render.credentials import server_password
from novaplan.render.datastores import postgres, redis
from novaplan.render.endpoints import Endpoint, datastore_endpoint
from novaplan.topology.datastore import Datastore
from novaplan.topology.wiring import Dependency, Secret, SecretKey

_SEPARATOR: Final = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_WORDS: Final[dict[str, frozenset[str]]] = {
    "password": frozenset({"password", "passwd", "pass", "pwd", "auth"}),
    "user": frozenset({"user", "username", "role", "login"}),
    "host": frozenset({"host", "hostname"}),
    "port": frozenset({"port"}),
    "database": frozenset({"database", "db", "dbname"}),
    "url": frozenset({"url", "uri", "dsn", "connection"}),
    "endpoint": frozenset({"address", "addr", "endpoint", "broker", "brokers", "server", "servers", "hosts"}),
}
_FOREIGN: Final = frozenset({"jdbc", "r2dbc", "odbc"})
"""Kinds of addresses that do not hold the password and are written in another way."""


class Users:
    """Which services use a key: by the variables of their containers, and by what their dependencies name."""

    def __init__(self, context: Context) -> None:
        self._of: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self.edges: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
        topology = context.topology
        for edge in topology.dependencies:
            self.edges[edge.client, edge.server].append(edge)
            client = topology.service.get(edge.client)
            if edge.secret is not None and client is not None:
                self._note(context.namespace(client), edge.secret.name, edge.secret.key, client.name)
        self.opened: dict[tuple[str, str], set[str]] = defaultdict(set)
        for edge in topology.dependencies:
            if edge.secret is not None:
                self.opened[edge.secret.name, edge.secret.key].add(edge.server)
        for service in topology.services:
            for container in service.containers:
                for variable in container.env:
                    if variable.secret is not None:
                        own = variable.secret
                        self._note(context.namespace(service), own.name, own.key, service.name)

    def _note(self, namespace: str | None, secret: str, key: str, service: str) -> None:
        self._of[namespace or "", secret, key].add(service)

    def of(self, namespace: str | None, secret: str, key: str) -> list[str]:
        """Names of services, in order."""
        return sorted(self._of.get((namespace or "", secret, key), ()))


def recipe(context: Context, users: Users, secret: Secret, key: SecretKey) -> str | None:
    """What ``key`` of ``secret`` holds, with ``{name}`` where a password of that name goes; None where only a person
    knows."""
    opened = _opened(context, users, secret, key)
    kind = _kind(key.name)
    if opened is None or kind is None:
        return None
    store, database, index = opened
    seen_from = secret.namespace or context.settings.namespace
    if not context.runs(store):
        endpoint = datastore_endpoint(context, store, seen_from) if _known(context, store) else None
        return _of_endpoint(kind, endpoint)
    who = _who(context, users, secret, key, store)
    if who is None:
        return None
    edges = [edge for edge in users.edges[who, store.name] if edge.database or edge.logical_db is not None]
    if store.kind == "redis":
        numbers = {edge.logical_db for edge in edges if edge.logical_db is not None}
        index = index if index is not None else next(iter(numbers)) if len(numbers) == 1 else None
        return _of_redis(context, store, kind, who, index, seen_from)
    databases = {edge.database for edge in edges if edge.database}
    database = database or (next(iter(databases)) if len(databases) == 1 else None)
    return _of_postgres(context, store, kind, who, database, seen_from)


def _opened(
    context: Context, users: Users, secret: Secret, key: SecretKey
) -> tuple[Datastore, str | None, int | None] | None:
    """The datastore that a key opens, with the database or the number of the logical DB where that is stated."""
    kind, _, path = (key.opens or "").partition(":")
    names = [part.replace("%2F", "/").replace("%25", "%") for part in path.split("/")]
    if kind in ("datastore", "database", "schema", "logical-db"):
        store = context.topology.datastore.get(names[0])
        if store is None:
            return None
        database = names[1] if kind in ("database", "schema") and len(names) > 1 else None
        number = int(names[1]) if kind == "logical-db" and len(names) > 1 and names[1].isdecimal() else None
        return store, database, number
    opened = users.opened.get((secret.name, key.name), set())
    stores = [context.topology.datastore[name] for name in sorted(opened) if name in context.topology.datastore]
    return (stores[0], None, None) if not kind and len(stores) == 1 else None


def _who(context: Context, users: Users, secret: Secret, key: SecretKey, store: Datastore) -> str | None:
    """The service that logs in: the only one that uses the key, or of several the only one that reaches the store."""
    found = users.of(secret.namespace or context.settings.namespace, secret.name, key.name)
    clients = [name for name in found if (name, store.name) in users.edges]
    return clients[0] if len(clients) == 1 else None


def _kind(name: str) -> str | None:
    words = [word.lower() for word in _SEPARATOR.split(name) if word]
    if not words or not _FOREIGN.isdisjoint(words):
        return None
    return next((kind for word in reversed(words) for kind, known in _WORDS.items() if word in known), None)


def _known(context: Context, store: Datastore) -> bool:
    """Whether the address of what somebody else runs is known, and not merely its name in the topology."""
    return "." in store.name or store.name in context.settings.externals


def _of_endpoint(kind: str, endpoint: Endpoint | None) -> str | None:
    if endpoint is None:
        return None
    return {"host": endpoint.host, "port": str(endpoint.port), "endpoint": f"{endpoint.host}:{endpoint.port}"}.get(kind)


def _of_redis(
    context: Context, store: Datastore, kind: str, who: str, index: int | None, seen_from: str | None
) -> str | None:
    if kind == "password":
        return "{" + server_password(store.name) + "}"
    if kind != "url":
        return _of_endpoint(kind, datastore_endpoint(context, store, seen_from))
    return redis.login(context, store, service=who, index=index, seen_from=seen_from)


def _of_postgres(
    context: Context, store: Datastore, kind: str, who: str, database: str | None, seen_from: str | None
) -> str | None:
    role = postgres.login_role(context, store, who, database)
    if kind == "password":
        key = next((item.key for item in postgres.access(context, store).roles if item.name == role), None)
        return None if key is None else "{" + server_password(store.name, key) + "}"
    if kind in ("user", "database"):
        return role if kind == "user" else database
    if kind != "url":
        return _of_endpoint(kind, datastore_endpoint(context, store, seen_from))
    return postgres.login(context, store, service=who, database=database, seen_from=seen_from)
