"""Variables that belong to an address: DB_HOST is read together with DB_PORT, DB_NAME and DB_POOL_SIZE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from novaplan.importers.addresses.names import subject, words
from novaplan.importers.addresses.wordlist import word_list
from novaplan.importers.draft import Container

_DATABASE: Final = (
    "name",
    "database",
    "db",
    "dbname",
    "databasename",
    "schemaname",
    "keyspace",
    "dbdatabase",
    "catalog",
)
_LOGICAL: Final = ("db", "database", "dbindex", "databaseindex", "index", "dbnumber", "logicaldb", "dbnum", "dbid")
_SCHEMA: Final = ("schema", "currentschema", "defaultschema", "schemas", "searchpath")
_PORT: Final = ("port",)
_POOL: Final = sorted(
    word_list(
        "maxconnections maxpoolsize poolsize poolmax poolmaxsize maxopenconns maxopenconnections maxconns maxconn",
        "connectionpoolsize connectionlimit maximumpoolsize hikarimaximumpoolsize poolmaxconnections maxpool",
        "poollimit poolmaxconns connpoolsize maxconnectionpoolsize",
    )
)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.$\-]{0,127}")
_TOPIC = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.*#>\-]{0,248}")
_CONSUMES: Final = word_list(
    "consumer consume consumes consumed input in source subscribe subscription read inbound",
)
_PUBLISHES: Final = word_list(
    "producer produce produces produced output out sink publish publisher write outbound",
)

Direction = Literal["consumes", "publishes"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic or queue that a container is told of; ``direction`` is None when nothing says what it does there."""

    name: str
    direction: Direction | None


class Companions:
    """The settings of one container, by their names without separators (``DB_HOST`` and ``db-host`` are alike)."""

    def __init__(self, container: Container) -> None:
        self._values: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for setting in container.settings:
            if setting.text and setting.name and len(setting.text) <= 1024:
                key = _joined(setting.name)
                self._values.setdefault(key, setting.text.strip())
                self._names.setdefault(key, setting.name)

    def database(self, name: str, aliases: Iterable[str]) -> str | None:
        """The database that goes with the address in the variable ``name``."""
        return next(filter(_is_name, self._beside(name, aliases, _DATABASE)), None)

    def schemas(self, name: str, aliases: Iterable[str]) -> tuple[str, ...]:
        """The schemas that go with it."""
        text = next(self._beside(name, aliases, _SCHEMA), "")
        return tuple(part for item in text.split(",") if _is_name(part := item.strip()))

    def logical_db(self, name: str, aliases: Iterable[str]) -> int | None:
        """The number of the logical database that goes with it."""
        return next(self._numbers(name, aliases, _LOGICAL, 9999), None)

    def port(self, name: str) -> int | None:
        """The port that goes with it."""
        return next(self._numbers(name, (), _PORT, 65535), None)

    def pool(self, name: str, aliases: Iterable[str]) -> int | None:
        """The connections that are kept to it."""
        return next((count for count in self._numbers(name, aliases, _POOL, 100_000) if count), None)

    def topics(self) -> list[Topic]:
        """Topics and queues, whoever serves them."""
        found = []
        for key, name in self._names.items():
            parts = words(name)
            if parts[-1:] in _TOPIC_WORDS or parts[-2:] in _TOPIC_NAMES:
                direction: Direction | None = None
                if not _CONSUMES.isdisjoint(parts):
                    direction = "consumes"
                elif not _PUBLISHES.isdisjoint(parts):
                    direction = "publishes"
                items = re.split(r"[,;\s]+", self._values[key])
                found += [Topic(item, direction) for item in items if _TOPIC.fullmatch(item) and not item.isdigit()]
        return found

    def group(self) -> str | None:
        """The consumer group."""
        for key, name in self._names.items():
            parts = words(name)
            told = parts[-2:] in (("group", "id"), ("consumer", "group")) or parts[-3:-1] == ("consumer", "group")
            if told and _TOPIC.fullmatch(self._values[key]):
                return self._values[key]
        return None

    def _beside(self, name: str, aliases: Iterable[str], suffixes: Iterable[str]) -> Iterator[str]:
        parts = subject(name)
        stems = ["".join(parts)]
        if len(parts) > 1 and parts[-1] in ("db", "database"):
            # MYSQL_DB_HOST has MYSQL_DATABASE beside it as well as MYSQL_DB_NAME.
            stems.append("".join(parts[:-1]))
        # Most settings end like none of these, and are not looked at again.
        endings = tuple(suffixes)
        candidates = {key for key in self._values if key.endswith(endings)}
        if not candidates:
            return
        own = _joined(name)
        for stem in [*stems, *aliases]:
            for suffix in endings:
                key = stem + suffix
                if key in candidates and key != own and self._values[key]:
                    yield self._values[key]

    def _numbers(self, name: str, aliases: Iterable[str], suffixes: Iterable[str], largest: int) -> Iterator[int]:
        for value in self._beside(name, aliases, suffixes):
            if value.isdecimal() and len(value) < 7 and int(value) <= largest:
                yield int(value)


_TOPIC_WORDS: Final = frozenset((("topic",), ("topics",), ("queue",), ("queues",)))
_TOPIC_NAMES: Final = frozenset((("topic", "name"), ("queue", "name"), ("topic", "names")))


@lru_cache(maxsize=65536)
def _joined(name: str) -> str:
    return "".join(words(name))


def _is_name(value: str) -> bool:
    return _NAME.fullmatch(value) is not None and "://" not in value
