"""Datastores: those that run here, each kind in a package of its own name, and those that are only pointed at."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from novaplan.render.context import Context
from novaplan.render.credentials import SecretNeed
from novaplan.render.datastores import external
from novaplan.render.manifests import Manifest
from novaplan.topology.datastore import Datastore


class _Server(Protocol):
    """What the package of a kind of datastore knows."""

    def objects(self, context: Context, datastore: Datastore) -> list[Manifest]:
        """Everything that runs it."""

    def needs(self, context: Context, datastore: Datastore) -> list[SecretNeed]:
        """The Secrets with its own passwords."""

    def client_config(self, context: Context, datastore: Datastore, *, seen_from: str | None) -> Mapping[str, str]:
        """Variables by which a client in namespace ``seen_from`` finds it."""

    def egress_ports(self, datastore: Datastore) -> tuple[int, ...]:
        """The ports of its pods that clients connect to."""

    def warnings(self, context: Context, datastore: Datastore) -> list[str]:
        """What runs, with a risk."""


def objects(context: Context, datastore: Datastore) -> list[Manifest]:
    """Everything that runs ``datastore``, or that points at it where somebody else does."""
    if context.runs(datastore):
        server = _server(datastore)
        return server.objects(context, datastore) if server else []
    return external.objects(context, datastore)


def needs(context: Context, datastore: Datastore) -> list[SecretNeed]:
    """The Secrets with the passwords of ``datastore`` itself."""
    server = _server(datastore) if context.runs(datastore) else None
    return server.needs(context, datastore) if server else []


def client_config(context: Context, datastore: Datastore, *, seen_from: str | None) -> Mapping[str, str]:
    """Variables by which a client in namespace ``seen_from`` finds a datastore that runs here."""
    server = _server(datastore)
    return server.client_config(context, datastore, seen_from=seen_from) if server else {}


def egress_ports(datastore: Datastore) -> tuple[int, ...]:
    """The ports of the pods of a datastore that runs here which clients connect to."""
    server = _server(datastore)
    return server.egress_ports(datastore) if server else ()


def warnings(context: Context, datastore: Datastore) -> list[str]:
    """What runs of ``datastore`` with a risk that somebody should know of: one line each."""
    server = _server(datastore) if context.runs(datastore) else None
    return server.warnings(context, datastore) if server else []


def _server(datastore: Datastore) -> _Server | None:
    name = f"{__name__}.{datastore.kind}"
    spec = find_spec(name)
    return cast(_Server, import_module(name)) if spec is not None and spec.origin else None
