"""Hosts that nothing here answers to: externals, datastores that somebody else runs, and names that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from novaplan.importers import naming
from novaplan.importers.addresses.finding import Sighting
from novaplan.importers.addresses.names import is_own_address, subject
from novaplan.importers.components import place
from novaplan.importers.draft import Draft, Note
from novaplan.importers.hosts import is_api_server, is_inside
from novaplan.importers.recognition import Recognition
from novaplan.topology.base import Place
from novaplan.topology.datastore import Database, Datastore, External, Managed

_KINDS: Final = {
    "smtp": "smtp",
    "smtps": "smtp",
    "turn": "turn",
    "turns": "turn",
    "stun": "stun",
    "stuns": "stun",
    "ldap": "ldap",
    "ldaps": "ldap",
    "imap": "imap",
}
_ANYWHERE: Final = frozenset(
    ("host.docker.internal", "gateway.docker.internal", "docker.for.mac.localhost", "host-gateway")
)
_GENERIC: Final = frozenset(
    ("", "host", "hostname", "server", "app", "domain", "fqdn", "base", "site", "address", "addr", "url")
)
_ROLES: Final = frozenset(
    ("primary", "replica", "master", "read", "write", "host", "ip", "private", "internal", "addr")
)
_CLOUD_DATABASE: Final = "spanner"
# What examples and XML name and no program calls.
_PLACEHOLDERS: Final = ("example.com", "example.org", "example.net", "www.w3.org", "schemas.xmlsoap.org")


class Outside:
    """Collects the hosts that nothing here answers to. ``server`` says under which name one enters the topology."""

    def __init__(self, draft: Draft, recognition: Recognition, taken: Iterable[str]) -> None:
        self._recognition = recognition
        self._taken = frozenset(taken)
        self._namespaces = {item.name for item in draft.namespaces}
        self._namespaces |= {workload.namespace for workload in draft.workloads if workload.namespace}
        self._entrances = {route.host for route in draft.routes if route.host}
        self._off = draft.off
        self._stores: dict[str, Datastore] = {}
        self._externals: dict[str, External] = {}
        self._together: dict[tuple[str | None, int | None, str, str], str] = {}
        self.notes: list[Note] = []

    def server(self, sighting: Sighting, host: str, known_as: str, client: str, doubt: str | None) -> str | None:
        """The name of the node that ``host`` becomes, or None when it becomes none; what is doubtful is noted.

        ``known_as`` is the one name for all the names of this host.
        """
        if host in self._entrances or is_api_server(host) or host.endswith(_PLACEHOLDERS):
            return None
        if host in self._off:
            message = f"{host!r} is off, so this dependency of {client} is left out"
            self.notes.append(Note("left out", message, sighting.where))
            return None
        kind = self._kind(sighting)
        inside = is_inside(host, self._namespaces) and host not in _ANYWHERE
        if kind is not None and host not in _ANYWHERE:
            return self._store(sighting, host, known_as, kind, inside)
        if inside:
            if sighting.address.claimed:
                message = doubt or f"nothing here answers to {host!r}, so this dependency of {client} is left out"
                self.notes.append(Note("uncertain", message, sighting.where))
            return None
        if not sighting.address.claimed or self._is_own(sighting):
            return None
        return self._external(sighting, host)

    def datastores(self) -> list[Datastore]:
        """The datastores that somebody else runs."""
        return [self._stores[name] for name in sorted(self._stores)]

    def externals(self, taken: Iterable[str]) -> list[External]:
        """Everything else outside."""
        names = set(taken)
        return [self._externals[name] for name in sorted(self._externals) if name not in names]

    def kind_of(self, name: str) -> str | None:
        """The kind of a datastore that somebody else runs."""
        store = self._stores.get(name)
        return store.kind if store is not None else None

    def add_database(self, name: str, database: str) -> None:
        """Nothing here declares what such a datastore holds, so it holds what its clients use."""
        store = self._stores[name]
        if all(known.name != database for known in store.databases):
            databases = sorted((*store.databases, Database(name=database)), key=lambda known: known.name)
            self._stores[name] = store.model_copy(update={"databases": tuple(databases)})

    def _kind(self, sighting: Sighting) -> str | None:
        address = sighting.address
        by_scheme = self._recognition.kind_of_scheme(address.scheme)
        if by_scheme is not None:
            return by_scheme
        if not address.claimed:
            return None
        by_word = self._recognition.kind_of_words(sighting.name)
        if by_word is None and address.scheme is None:
            by_word = self._recognition.kind_of_port(address.port)
        known = self._recognition.kinds.get(by_word or "")
        # A monitoring system is named in many files and is rarely part of the system they describe.
        return by_word if known is not None and (known.ports or known.schemes) and known.kind != "ldap" else None

    def _store(self, sighting: Sighting, host: str, known_as: str, kind: str, inside: bool) -> str:
        # The hosts of one list are the members of one datastore.
        where = sighting.where
        list_of_hosts = (where.file, where.line, sighting.name, kind)
        name = self._together.setdefault(list_of_hosts, self._called(sighting, known_as, kind))
        known = self._stores.get(name)
        aliases = (host,) if host != name and naming.is_label(host) else ()
        if known is None:
            self._stores[name] = Datastore(
                name=name,
                kind=kind,
                deployment=Managed(type="managed"),
                port=sighting.address.port,
                aliases=aliases,
                declared=(place(where),),
            )
            if inside:
                message = f"nothing here answers to {host!r}; taken for a {kind} that somebody else runs"
                self.notes.append(Note("uncertain", message, where))
        elif not set(aliases) <= set(known.aliases):
            self._stores[name] = known.model_copy(update={"aliases": tuple(sorted({*known.aliases, *aliases}))})
        return name

    def _called(self, sighting: Sighting, known_as: str, kind: str) -> str:
        """What to call a server. One that is known by a number, or by the host of a whole cloud, is called as the
        variable calls it."""
        if sighting.address.scheme == _CLOUD_DATABASE:
            wanted = kind
        elif known_as.replace(".", "").isdigit():
            wanted = "-".join(part for part in subject(sighting.name) if part not in _ROLES) or kind
        else:
            wanted = known_as
        name = naming.host_name(wanted)
        store = self._stores.get(name)
        if name in self._taken or (
            store is not None and wanted != known_as and sighting.address.host not in store.aliases
        ):
            return naming.host_name(known_as) if wanted != known_as else f"{name}-outside"
        return name

    def _is_own(self, sighting: Sighting) -> bool:
        if sighting.address.scheme is None and " ".join(subject(sighting.name)) in _GENERIC:
            return True
        return is_own_address(sighting.name)

    def _external(self, sighting: Sighting, host: str) -> str:
        name = naming.host_name(host)
        declared: tuple[Place, ...] = (place(sighting.where),)
        known = self._externals.get(name)
        if known is None:
            kind = _KINDS.get(sighting.address.scheme or "", "http")
            if "smtp" in sighting.name.lower():
                kind = "smtp"
            self._externals[name] = External(name=name, kind=kind, declared=declared)
        return name
