"""What clients use of servers, and the dependencies that follow."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from novaplan.importers import naming
from novaplan.importers.addresses.companions import Companions, Topic
from novaplan.importers.addresses.finding import Sighting
from novaplan.importers.components import key_ref, places
from novaplan.importers.draft import KeyOf, Where
from novaplan.importers.recognition import Kind
from novaplan.topology.service import Protocol
from novaplan.topology.wiring import Dependency, Mode, Pool

_DATABASE_OPTIONS: Final = ("database", "databasename", "dbname", "db", "initial catalog", "initialcatalog", "keyspace")
_SCHEMA_OPTIONS: Final = ("schema", "currentschema", "search_path")
_SEARCH_PATH = re.compile(r"search_path\s*=\s*([\w,]+)")
_DATABASE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.$\-]{0,127}")
_PROTOCOLS: Final[dict[str, Protocol]] = {
    "http": "http",
    "https": "https",
    "grpc": "grpc",
    "grpcs": "grpc",
    "dns": "grpc",
    "ws": "websocket",
    "wss": "websocket",
    "rtmp": "rtmp",
    "tcp": "tcp",
    "udp": "udp",
}


@dataclass(frozen=True, slots=True)
class Use:
    """That a client uses a server, as one place in its configuration shows it."""

    client: str
    server: str
    where: Where
    kind: Kind | None = None
    """The kind of the server, None for a service or an external."""
    sighting: Sighting | None = None
    """None when the client only waits for the server."""
    possible: bool = False
    alone: bool = True
    """The container is told of no other server of this kind, so what it says of the kind it says of this one."""
    only_database: bool = True
    """It is told of no other database at all, so DB_NAME and DATABASE_POOL_SIZE mean this one."""


@dataclass(slots=True)
class _Details:
    database: str | None = None
    schemas: tuple[str, ...] = ()
    logical_db: int | None = None
    port: int | None = None
    protocol: Protocol | None = None
    pool: int | None = None
    secret: KeyOf | None = None
    topics: tuple[Topic, ...] = ()
    group: str | None = None


class Edges:
    """Turns uses into dependencies. Companions of a container are looked up once."""

    def __init__(self) -> None:
        self._companions: dict[int, Companions] = {}

    def dependencies(self, uses: Iterable[Use]) -> list[Dependency]:
        """One dependency for each different thing a client does with a server, with all its evidence."""
        pairs: dict[tuple[str, str], list[Use]] = defaultdict(list)
        for use in uses:
            pairs[use.client, use.server].append(use)
        found: list[Dependency] = []
        for pair in sorted(pairs):
            found += self._pair(pairs[pair])
        return found

    def _pair(self, uses: list[Use]) -> list[Dependency]:
        certain = [use for use in uses if not use.possible]
        uses = [*certain, *self._corroborated(certain, uses)] or uses
        merged: dict[tuple[object, ...], tuple[_Details, list[Where]]] = {}
        for use in uses:
            details = self._details(use)
            key = (details.database, details.logical_db, details.port, details.group, details.topics)
            if key in merged:
                _fill(merged[key][0], details)
                merged[key][1].append(use.where)
            else:
                merged[key] = (details, [use.where])
        return _dependencies(uses[0], _without_vague(list(merged.values())))

    def _corroborated(self, certain: list[Use], uses: list[Use]) -> list[Use]:
        """What a shared configuration adds about a server that the client is only known to wait for.

        Nothing when it names several databases there: nobody knows which of them the client means.
        """
        if not certain or any(use.sighting is not None for use in certain):
            return []
        possible = [use for use in uses if use.possible]
        parts = {(details.database, details.logical_db) for details in map(self._details, possible)}
        return possible if len(parts) == 1 else []

    def _details(self, use: Use) -> _Details:
        sighting = use.sighting
        if sighting is None:
            return _Details()
        address, kind = sighting.address, use.kind
        details = _Details(secret=sighting.secret)
        if address.scheme is not None:
            details.protocol = _PROTOCOLS.get(address.scheme.partition("+")[0])
        if kind is None and address.port is not None:
            details.port = address.port
            return details
        beside = self._beside(sighting)
        if kind is None:
            details.port = beside.port(sighting.name) if beside else None
            return details
        aliases = _aliases(kind, use.only_database) if use.alone else ()
        details.pool = beside.pool(sighting.name, aliases) if beside else None
        if kind.holds == "databases":
            _add_database(details, sighting, beside, aliases)
        elif kind.holds == "logical_dbs":
            _add_logical_db(details, sighting, beside, aliases)
        elif kind.holds == "topics" and beside is not None and use.alone:
            details.topics, details.group = tuple(beside.topics()), beside.group()
        return details

    def _beside(self, sighting: Sighting) -> Companions | None:
        container = sighting.container
        if container is None or sighting.name.startswith("/"):
            return None
        if id(container) not in self._companions:
            self._companions[id(container)] = Companions(container)
        return self._companions[id(container)]


@lru_cache(maxsize=256)
def _aliases(kind: Kind, only_database: bool) -> tuple[str, ...]:
    return (*kind.words, "db", "database") if kind.holds == "databases" and only_database else kind.words


def _add_database(details: _Details, sighting: Sighting, beside: Companions | None, aliases: tuple[str, ...]) -> None:
    address = sighting.address
    options = dict(address.options)
    database = next((options[key] for key in _DATABASE_OPTIONS if key in options), None)
    if database is None and address.scheme not in ("http", "https", "tcp"):
        database = address.path
    if database is None and beside is not None:
        database = beside.database(sighting.name, aliases)
    if database and _DATABASE_NAME.fullmatch(database):
        details.database = database
    written = next((options[key] for key in _SCHEMA_OPTIONS if key in options), "")
    if not written and "options" in options:
        search_path = _SEARCH_PATH.search(options["options"])
        written = search_path[1] if search_path else ""
    if written:
        schemas = [part.strip() for part in written.split(",")]
        details.schemas = tuple(part for part in schemas if _DATABASE_NAME.fullmatch(part))
    elif beside is not None:
        details.schemas = beside.schemas(sighting.name, aliases)


def _add_logical_db(details: _Details, sighting: Sighting, beside: Companions | None, aliases: tuple[str, ...]) -> None:
    address = sighting.address
    options = dict(address.options)
    written = options.get("db") or options.get("database") or options.get("defaultdatabase") or address.path or ""
    if written.isdecimal() and len(written) < 5:
        details.logical_db = int(written)
    elif beside is not None:
        details.logical_db = beside.logical_db(sighting.name, aliases)


def _fill(known: _Details, other: _Details) -> None:
    """Add to ``known`` what only ``other`` tells."""
    known.schemas = tuple(sorted({*known.schemas, *other.schemas}))
    known.protocol = known.protocol or other.protocol
    known.pool = known.pool or other.pool
    known.secret = known.secret or other.secret


def _without_vague(found: list[tuple[_Details, list[Where]]]) -> list[tuple[_Details, list[Where]]]:
    """Join what tells nothing in particular (a host without a port, a wait) to what does."""
    precise = [item for item in found if _is_precise(item[0])]
    vague = [item for item in found if not _is_precise(item[0])]
    if not precise or not vague:
        return found
    first, wheres = precise[0]
    for details, others in vague:
        _fill(first, details)
        wheres.extend(others)
    return precise


def _is_precise(details: _Details) -> bool:
    return any(
        item is not None for item in (details.database, details.logical_db, details.port, details.group)
    ) or bool(details.topics)


def _dependencies(use: Use, found: Sequence[tuple[_Details, list[Where]]]) -> list[Dependency]:
    result: dict[tuple[str, ...], Dependency] = {}
    for details, wheres in found:
        for mode, topic in _modes(use.kind, details):
            group = details.group if mode == "consumes" else None
            edge = Dependency(
                client=use.client,
                server=use.server,
                mode=mode,
                database=details.database,
                schemas=details.schemas,
                logical_db=details.logical_db,
                topic=topic,
                group=group if naming.is_label(group) else None,
                port=details.port if mode == "calls" else None,
                protocol=details.protocol if mode == "calls" else None,
                pool=Pool(max=details.pool) if details.pool else None,
                secret=key_ref(details.secret),
                possible=use.possible,
                evidence=places(wheres),
            )
            result.setdefault(edge.key, edge)
    return list(result.values())


def _modes(kind: Kind | None, details: _Details) -> list[tuple[Mode, str | None]]:
    if kind is None:
        return [("calls", None)]
    if kind.holds != "topics" or not (details.topics or details.group):
        return [("writes", None)]
    untold: Mode = "consumes" if details.group else "writes"
    found: list[tuple[Mode, str | None]] = [(topic.direction or untold, topic.name) for topic in details.topics]
    if details.group and not any(mode == "consumes" for mode, _ in found):
        found.append(("consumes", None))
    return found
