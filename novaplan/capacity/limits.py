"""How many connections servers take unless told otherwise: a file that a person edits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from novaplan.documents import files, reader
from novaplan.errors import InputError
from novaplan.topology.base import Count, Label, Model, Positive
from novaplan.topology.datastore import Datastore, Managed
from novaplan.topology.validation import validate

Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ServerLimit:
    """How many connections one server takes."""

    setting: str
    """What the server calls it."""
    max: int | None
    """None where it is not known."""
    reserved: int
    source: str
    """``stated`` in the topology, or where the default is documented."""


class ServerDefault(Model):
    """What servers of some kinds take unless told otherwise."""

    kinds: Annotated[tuple[Label, ...], Field(min_length=1)]
    setting: Text
    max: Positive
    reserved: Count = 0
    source: Text
    """Where it is documented."""


class PoolerDefault(Model):
    """What one instance of a connection pooler takes unless told otherwise."""

    setting: Text
    max_client_connections: Positive
    source: Text


class ConnectionDefaults(Model):
    """Limits of servers and poolers that state none."""

    format: Literal["novaplan/connections/v1"] = "novaplan/connections/v1"
    name: Text = "connections"
    description: str = ""
    servers: tuple[ServerDefault, ...]
    pooler: PoolerDefault

    def server(self, kind: str) -> ServerDefault | None:
        """The defaults of servers of ``kind``, where there are any."""
        return next((item for item in self.servers if kind in item.kinds), None)

    def limit(self, store: Datastore) -> ServerLimit:
        """The limit of ``store``: what it states, or else the default of its kind. What a provider sets by itself is
        not known."""
        default, stated = self.server(store.kind), store.connections
        setting = default.setting if default else "connections"
        if stated.max is not None:
            reserved = stated.reserved if stated.reserved is not None else (default.reserved if default else 0)
            return ServerLimit(setting, stated.max, reserved, "stated")
        if default is None or isinstance(store.deployment, Managed):
            return ServerLimit(setting, None, stated.reserved or 0, "not known: the provider's own limit is not stated")
        reserved = default.reserved if stated.reserved is None else stated.reserved
        return ServerLimit(setting, default.max, reserved, default.source)


def load_connection_defaults(source: str | os.PathLike[str] = "connections") -> ConnectionDefaults:
    """The defaults called ``source``: a file, or a name that is looked up in ``models/`` and then in the package; ``-``
    reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return validate(ConnectionDefaults, reader.read_one(path), InputError)


def default_limits() -> ConnectionDefaults:
    """Those of ``models/connections.yaml``, read once for each folder that novaplan runs in. Raises what
    ``load_connection_defaults`` raises."""
    return _read_once(str(files.resolve("connections", "models").resolve()))


@lru_cache(maxsize=4)
def _read_once(path: str) -> ConnectionDefaults:
    return load_connection_defaults(path)
