"""Who may do what on one PostgreSQL: one role for each client, and what each may see, from the topology alone.

A database belongs to the superuser, so that nobody can drop it or bend the settings of others; its owner in the
topology may create schemas and extensions in it. A schema belongs to the role of its owner; where none is stated to the
role of the database's. Everybody else sees a schema only where a dependency says so: ``reads`` may select, any other
mode also insert, update and delete. A dependency that names no schema means the client's own ones in that database, or
all where it has none.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from novaplan.capacity.connections import server_connections
from novaplan.capacity.limits import default_limits
from novaplan.errors import InputError, Problem
from novaplan.render.context import Context
from novaplan.render.datastores.postgres.names import REPLICATION, REWIND, SUPERUSER
from novaplan.render.endpoints import role_name
from novaplan.topology.datastore import Database, Datastore
from novaplan.topology.wiring import Dependency

LONGEST = 63
"""Bytes of a name that PostgreSQL keeps; it cuts off the rest, and two names become one."""
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,100}")
_TAKEN = frozenset({SUPERUSER, REPLICATION, REWIND, "public", "none"})


class DatabaseNameError(InputError):
    """PostgreSQL, or the pooler, cannot take a name of the topology."""


@dataclass(frozen=True, slots=True)
class Role:
    """What one client logs in as."""

    name: str
    client: str
    connections: int | None
    """As many as it may open; None where the topology does not say."""

    @property
    def key(self) -> str:
        """The name of its password: in the Secret, and as a file."""
        if _KEY.fullmatch(self.name):
            return self.name
        return "role-" + hashlib.sha256(self.name.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class SchemaAccess:
    """A schema: the role that owns it, and those that may use it besides."""

    name: str
    owner: str
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """A database: the role that owns it, every role that may connect, and its schemas."""

    name: str
    owner: str | None
    roles: tuple[str, ...]
    schemas: tuple[SchemaAccess, ...]

    def search_paths(self) -> dict[str, list[str]]:
        """Where each role looks for tables: in its own schemas first, ``public`` before the others, then in those it
        may use besides."""
        found: dict[str, list[str]] = {role: [] for role in self.roles}
        for schema in sorted(self.schemas, key=lambda item: (item.name != "public", item.name)):
            found.get(schema.owner, []).append(schema.name)
        for schema in self.schemas:
            for role in (*schema.readers, *schema.writers):
                found[role].append(schema.name)
        return found


@dataclass(frozen=True, slots=True)
class Access:
    """All of it."""

    roles: tuple[Role, ...]
    databases: tuple[DatabaseAccess, ...]


def login_role(context: Context, datastore: Datastore, client: str, database: str | None = None) -> str:
    """What ``client`` logs in as: what its dependency states, else a role of its own. A name that PostgreSQL or the
    servers themselves use gets an underscore behind it, which no service's name ends in."""
    users = context.once(_users).get((datastore.name, client), {})
    name = users.get(database) or next(iter(users.values()), None) or role_name(client)
    taken = name in _TAKEN or name.startswith("pg_")
    taken = taken or any(item.name == "POSTGRES_USER" and item.value == name for item in datastore.env)
    return f"{name}_" if taken else name


def _users(context: Context) -> dict[tuple[str, str], dict[str | None, str]]:
    """The users that dependencies state, by server and client, and there by database."""
    found: dict[tuple[str, str], dict[str | None, str]] = defaultdict(dict)
    for edge in context.topology.dependencies:
        if edge.user and not edge.possible:
            found[edge.server, edge.client].setdefault(edge.database, edge.user)
    return found


def database_of(context: Context, datastore: Datastore, edge: Dependency) -> str:
    """The database an edge leads to; where it states none the only one there is, or the first one the client owns, or
    one that all such clients share, called as the official image calls its own."""
    if edge.database:
        return edge.database
    whole = context.once(_whole)
    stated = whole.topology.datastore[datastore.name].databases
    named = {item.name for item in stated} | whole.once(_named)[datastore.name]
    if len(named) == 1:
        return next(iter(named))
    owned = (item.name for item in stated if item.owner == edge.client)
    return next(owned, None) or _own_database(datastore)


def _named(context: Context) -> dict[str, set[str]]:
    """The databases that dependencies name, by server."""
    found: dict[str, set[str]] = defaultdict(set)
    for edge in context.topology.dependencies:
        if edge.database and not edge.possible:
            found[edge.server].add(edge.database)
    return found


def _own_database(datastore: Datastore) -> str:
    """The database that the official image makes: ``POSTGRES_DB``, else ``POSTGRES_USER``, else ``postgres``."""
    known = {item.name: item.value for item in datastore.env}
    return known.get("POSTGRES_DB") or known.get("POSTGRES_USER") or SUPERUSER


def access(context: Context, datastore: Datastore) -> Access:
    """Roles, databases and rights on ``datastore``, those of services that are switched off included: nobody else
    comes by what is theirs. Raises DatabaseNameError with every name that cannot be."""
    known = context.once(_known)
    if datastore.name not in known:
        whole = context.once(_whole)
        known[datastore.name] = _access(whole, whole.topology.datastore[datastore.name])
    return known[datastore.name]


def _known(_: Context) -> dict[str, Access]:
    """What was worked out already: everybody who logs in asks."""
    return {}


def _whole(context: Context) -> Context:
    return context if context.whole is None else replace(context, topology=context.whole, whole=None)


def _access(context: Context, datastore: Datastore) -> Access:
    edges: dict[str, list[Dependency]] = defaultdict(list)
    for edge in context.edges_to.get(datastore.name, ()):
        edges[database_of(context, datastore, edge)].append(edge)
    stated = {item.name: item for item in datastore.databases}
    stated |= {name: Database(name=name) for name in edges.keys() - stated.keys()}
    databases = tuple(_database(context, datastore, stated[name], edges[name]) for name in sorted(stated))
    clients: dict[str, str] = {}
    for item in stated.values():
        owners = [item.owner, *(schema.owner for schema in item.schemas)]
        for client in (*filter(None, owners), *(edge.client for edge in edges[item.name])):
            clients.setdefault(login_role(context, datastore, client, item.name), client)
    limits = _connections(context, datastore, databases)
    roles = tuple(Role(name, client, limits.get(name)) for name, client in sorted(clients.items()))
    problems = [*_problems(datastore, roles, databases)]
    if problems:
        raise DatabaseNameError(problems)
    return Access(roles, databases)


def _database(context: Context, datastore: Datastore, stated: Database, edges: list[Dependency]) -> DatabaseAccess:
    def role(client: str) -> str:
        return login_role(context, datastore, client, stated.name)

    clients = {edge.client: role(edge.client) for edge in edges}
    owner = role(stated.owner) if stated.owner else None
    if not stated.owner and not stated.schemas and len(clients) == 1:
        owner = next(iter(clients.values()))  # nobody else uses it
    owners = {item.name: role(item.owner) if item.owner else owner or SUPERUSER for item in stated.schemas}
    for name in ("public", *(name for edge in edges for name in edge.schemas)):
        owners.setdefault(name, owner or SUPERUSER)
    own: dict[str, list[str]] = defaultdict(list)
    for name, holder in owners.items():
        own[holder].append(name)
    readers: dict[str, set[str]] = defaultdict(set)
    writers: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        who = clients[edge.client]
        for name in edge.schemas or own.get(who) or owners:
            if owners[name] != who:
                (readers if edge.mode == "reads" else writers)[name].add(who)
    schemas = tuple(
        SchemaAccess(name, owners[name], tuple(sorted(readers[name] - writers[name])), tuple(sorted(writers[name])))
        for name in sorted(owners)
    )
    roles = {*filter(None, (owner, *owners.values())), *clients.values()} - {SUPERUSER}
    return DatabaseAccess(stated.name, owner, tuple(sorted(roles)), schemas)


def _connections(context: Context, datastore: Datastore, databases: tuple[DatabaseAccess, ...]) -> dict[str, int]:
    """As many connections as each role may open: what its pools hold, or what its clients open at most, a rolling
    update included. A role of which that is not known is left out."""
    pooler = datastore.connections.pooler
    if pooler is not None:
        pairs = Counter(role for item in databases for role in item.roles)
        return {role: number * pooler.instances * pooler.pool_size for role, number in pairs.items()}
    found: dict[str, int] = defaultdict(int)
    unknown: set[str] = set()
    edges = context.edges_to.get(datastore.name, ())
    for client in server_connections(context.topology, datastore, default_limits(), edges).clients:
        role = login_role(context, datastore, client.name, client.part or None)
        found[role] += client.connections["rolling_update"]
        unknown |= set() if client.known else {role}
    return {role: number for role, number in found.items() if number and role not in unknown}


def _problems(
    datastore: Datastore, roles: tuple[Role, ...], databases: tuple[DatabaseAccess, ...]
) -> Iterator[Problem]:
    names = [("role", item.name) for item in roles] + [("database", item.name) for item in databases]
    names += [("schema", schema.name) for item in databases for schema in item.schemas]
    field = f"datastores[{datastore.name}].databases"
    for kind, name in names:
        if len(name.encode()) > LONGEST:
            yield Problem(f"{kind} {name!r} is longer than the {LONGEST} bytes that PostgreSQL keeps", field=field)
        elif kind == "schema" and (name.startswith("pg_") or name == "information_schema"):
            yield Problem(f"schema {name!r} is one of PostgreSQL's own; rename it", field=field)
        elif kind == "database" and name in ("template0", "template1"):
            yield Problem(f"database {name!r} is PostgreSQL's pattern for new ones; rename it", field=field)
        elif kind == "database" and name == "pgbouncer" and datastore.connections.pooler is not None:
            yield Problem(f"database {name!r} means something else to the pooler; rename it", field=field)
