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
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from novaplan.capacity.connections import ServerConnections, server_connections
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

    def search_path(self, role: str) -> list[str]:
        """Where a role looks for tables: in its own schemas first, ``public`` before the others, then in those it may
        use."""
        own = [item.name for item in self.schemas if item.owner == role]
        others = [item.name for item in self.schemas if role in (*item.readers, *item.writers)]
        return [*sorted(own, key=lambda name: (name != "public", name)), *others]


@dataclass(frozen=True, slots=True)
class Access:
    """All of it."""

    roles: tuple[Role, ...]
    databases: tuple[DatabaseAccess, ...]


def login_role(context: Context, datastore: Datastore, client: str, database: str | None = None) -> str:
    """What ``client`` logs in as: what its dependency states, else a role of its own. A name that PostgreSQL or the
    servers themselves use gets an underscore behind it, which no service's name ends in."""
    edges = [edge for edge in context.edges_to.get(datastore.name, ()) if edge.client == client and edge.user]
    edges.sort(key=lambda edge: edge.database != database)
    name = (edges[0].user if edges else None) or role_name(client)
    stated = {item.value for item in datastore.env if item.name == "POSTGRES_USER"}
    return f"{name}_" if name in _TAKEN | stated or name.startswith("pg_") else name


def database_of(context: Context, datastore: Datastore, edge: Dependency) -> str:
    """The database an edge leads to; where it states none the only one there is, or the first one the client owns, or
    one with the name of its role, which is what PostgreSQL takes when a client names none."""
    names = [item.name for item in datastore.databases]
    if edge.database or len(names) == 1:
        return edge.database or names[0]
    owned = (item.name for item in datastore.databases if item.owner == edge.client)
    return next(owned, None) or login_role(context, datastore, edge.client)


def access(context: Context, datastore: Datastore) -> Access:
    """Roles, databases and rights on ``datastore``. Raises DatabaseNameError with every name that cannot be."""
    edges: dict[str, list[Dependency]] = defaultdict(list)
    for edge in context.edges_to.get(datastore.name, ()):
        edges[database_of(context, datastore, edge)].append(edge)
    known = {item.name: item for item in datastore.databases}
    databases = tuple(
        _database(context, datastore, known.get(name) or Database(name=name), edges[name])
        for name in sorted(known.keys() | edges.keys())
    )
    clients = {role: client for item in databases for role, client in _clients(context, datastore, item, edges)}
    stated = server_connections(context.topology, datastore, default_limits())
    roles = tuple(
        Role(name, client, _connections(datastore, stated, name, databases)) for name, client in sorted(clients.items())
    )
    problems = [*_problems(datastore, roles, databases)]
    if problems:
        raise DatabaseNameError(problems)
    return Access(roles, databases)


def _clients(
    context: Context, datastore: Datastore, database: DatabaseAccess, edges: dict[str, list[Dependency]]
) -> Iterator[tuple[str, str]]:
    """Each role of a database with the client that logs in as it."""
    stated = next((item for item in datastore.databases if item.name == database.name), None)
    owners = [stated.owner, *(item.owner for item in stated.schemas)] if stated else []
    for client in (*filter(None, owners), *(edge.client for edge in edges[database.name])):
        yield login_role(context, datastore, client, database.name), client


def _database(context: Context, datastore: Datastore, stated: Database, edges: list[Dependency]) -> DatabaseAccess:
    def role(client: str) -> str:
        return login_role(context, datastore, client, stated.name)

    owner = role(stated.owner) if stated.owner else None
    owners = {item.name: role(item.owner) if item.owner else owner or SUPERUSER for item in stated.schemas}
    if not stated.owner and not owners and len({edge.client for edge in edges}) == 1:
        owner = role(edges[0].client)  # nobody else uses it
    owners.setdefault("public", owner or SUPERUSER)
    for edge in edges:
        for name in edge.schemas:
            owners.setdefault(name, owner or SUPERUSER)
    readers: dict[str, set[str]] = defaultdict(set)
    writers: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        who = role(edge.client)
        own = [name for name, holder in owners.items() if holder == who]
        for name in edge.schemas or own or owners:
            if owners[name] != who:
                (readers if edge.mode == "reads" else writers)[name].add(who)
    schemas = tuple(
        SchemaAccess(name, owners[name], tuple(sorted(readers[name] - writers[name])), tuple(sorted(writers[name])))
        for name in sorted(owners)
    )
    held = {owner, *owners.values()} - {None, SUPERUSER}
    roles = {str(name) for name in held} | {role(edge.client) for edge in edges}
    return DatabaseAccess(stated.name, owner, tuple(sorted(roles)), schemas)


def _connections(
    datastore: Datastore, stated: ServerConnections, role: str, databases: tuple[DatabaseAccess, ...]
) -> int | None:
    """As many connections as a role may open: what its pools hold, or what its clients open at most."""
    pooler = datastore.connections.pooler
    if pooler is not None:
        return pooler.instances * pooler.pool_size * sum(role in item.roles for item in databases)
    mine = [item for item in stated.clients if not item.possible and (item.user or role_name(item.name)) == role]
    if not mine or not all(item.known for item in mine):
        return None
    return max(1, sum(item.connections["rolling_update"] for item in mine))


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
