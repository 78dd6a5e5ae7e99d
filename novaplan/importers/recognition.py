"""What a workload is, told from its image, ports, variables and the URLs of its clients.

The knowledge is in ``models/datastores.yaml``, where a person extends it; here is only how it is weighed. A known image
says enough. Otherwise two things must agree, unless a client's URL or a port that hardly anything else uses speaks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field

from novaplan.importers.addresses.names import words
from novaplan.importers.draft import Container, Workload
from novaplan.topology.base import Label, Model, PortNumber
from novaplan.topology.service import Role

K = TypeVar("K")
V = TypeVar("V")
Words = tuple[Label, ...]
Holds = Literal["databases", "logical_dbs", "topics"]


class Kind(Model):
    """One kind of datastore, and how it is recognised."""

    kind: Label
    images: Words = ()
    schemes: Words = ()
    ports: tuple[PortNumber, ...] = ()
    also_ports: tuple[PortNumber, ...] = ()
    env: Words = ()
    words: Words = ()
    holds: Holds | None = None
    database_env: Words = ()
    takes_over: bool = False
    clients: Words = ()
    servers: Words = ()


class RoleRule(Model):
    """Which images and words in names speak for a role."""

    role: Role
    images: Words = ()
    words: Words = ()


class Table(Model):
    """All that is known about kinds of workloads."""

    datastores: Annotated[tuple[Kind, ...], Field(min_length=1)]
    not_datastores: Words = ()
    roles: tuple[RoleRule, ...] = ()


_GENERIC: Final = frozenset(("server", "database", "db", "standalone", "latest"))
_STORES: Final = frozenset(
    ("db", "database", "cache", "store", "storage", "data", "datastore", "broker", "queue", "mq")
)
_SEPARATOR = re.compile(r"[\-_.]+")
_SHELLS: Final = frozenset(("sh", "bash", "ash", "dash", "zsh"))
# What a shell script runs: the word where a command starts.
_RUNS = re.compile(r"(?:^|[;&|(\n`]|\b(?:then|do|until|while|if|exec)\b|!)[ \t]*(?:[\w.\-]*/)*([\w.\-]+)", re.MULTILINE)
_LONGEST_SCRIPT: Final = 100_000
_TAG = re.compile(r"(?::[^/]*)?(?:@.*)?$")


def load_table(name: str = "datastores") -> Table:
    """The table called ``name`` among the models. Raises what reading a model raises, with file and line."""
    from novaplan.documents import files, reader
    from novaplan.errors import InputError
    from novaplan.topology.validation import validate

    return validate(Table, reader.read_one(str(files.resolve(name, "models"))), InputError)


@lru_cache(maxsize=65536)
def image_path(image: str) -> tuple[str, ...]:
    """The parts of an image's name: without registry, tag and digest."""
    parts = _TAG.sub("", image.strip().lower()).split("/")
    if len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost"):
        parts = parts[1:]
    return tuple(part for part in parts if part)


class Recognition:
    """The table, arranged for asking."""

    def __init__(self, table: Table | None = None) -> None:
        self.table = table or load_table()
        self.kinds = {entry.kind: entry for entry in self.table.datastores}
        self._images = _first((image, entry.kind) for entry in self.table.datastores for image in entry.images)
        self._schemes = _first((scheme, entry.kind) for entry in self.table.datastores for scheme in entry.schemes)
        self._ports = _first((port, entry.kind) for entry in self.table.datastores for port in entry.ports)
        self._words = _first((word, entry.kind) for entry in self.table.datastores for word in entry.words)
        self._tools = frozenset(self.table.not_datastores)
        self._env = [(name, entry.kind) for entry in self.table.datastores for name in entry.env]
        self._role_images = _first((image, rule.role) for rule in self.table.roles for image in rule.images)
        self._role_words = _first((word, rule.role) for rule in self.table.roles for word in rule.words)
        self._by_image: dict[str, str | None] = {}
        self._by_variable: dict[str, str | None] = {}

    def kind_of_scheme(self, scheme: str | None) -> str | None:
        """The datastore that clients reach by this scheme; drivers after a plus do not count."""
        if scheme is None or scheme in self._schemes:
            return self._schemes.get(scheme or "")
        first, _, second = scheme.partition("+")
        return self._schemes.get(first) or self._schemes.get(second)

    def kind_of_words(self, name: str) -> str | None:
        """The datastore that a word in the name of a host or variable means."""
        parts = words(name)
        if self._tools.intersection(parts) - {"service"}:
            return None
        return next((self._words[part] for part in parts if part in self._words), None)

    def kind_of_port(self, port: int | None) -> str | None:
        """The datastore that listens on this port."""
        return self._ports.get(port) if port is not None else None

    def datastore(self, workload: Workload, schemes: Collection[str] = ()) -> str | None:
        """The kind of datastore that ``workload`` is, or None; ``schemes`` are those its clients use."""
        container = main_container(workload)
        if container is None or workload.kind in ("job", "cronjob"):
            return None
        image = container.image or ""
        known = self._image(image) if image else None
        if known is not None:
            return (
                known if self._runs_server(container, self.kinds[known]) and not self._is_tool(workload.name) else None
            )
        if self._is_tool(workload.name) or self._image_is_tool(image):
            return None
        called = {kind for scheme in schemes if (kind := self.kind_of_scheme(scheme))}
        if len(called) == 1 and self.role_of_image(container) is None:
            return called.pop()
        return self._weighed(workload, container, image)

    def role(self, workload: Workload) -> Role:
        """What a service does, as far as image and name tell."""
        container = main_container(workload)
        by_image = self.role_of_image(container) if container else None
        if by_image is not None:
            return by_image
        if workload.kind in ("job", "cronjob"):
            return "worker"
        return next((self._role_words[word] for word in words(workload.name) if word in self._role_words), "core")

    def role_of_image(self, container: Container) -> Role | None:
        """The role that the image alone says."""
        path = image_path(container.image or "")
        return self._role_images.get(path[-1]) if path else None

    def _image(self, image: str) -> str | None:
        if image not in self._by_image:
            path = image_path(image)
            last = path[-1] if path else ""
            known = self._images.get("/".join(path[-2:])) or self._images.get(last)
            if known is None and path:
                # A prefix or a suffix of the maker's: acme-postgres, clickhouse-server-alpine. More words need proof.
                known = self._images.get(last.removesuffix("-alpine").removesuffix("-server"))
            if known is None and last in _GENERIC and len(path) > 1:
                known = self._images.get(path[-2])
            self._by_image[image] = known
        return self._by_image[image]

    def _image_is_tool(self, image: str) -> bool:
        path = image_path(image)
        parts = _SEPARATOR.split(path[-1]) if path else []
        return not self._tools.isdisjoint(parts) and not self._ends_as_store(parts)

    def _ends_as_store(self, parts: Sequence[str]) -> bool:
        """Whether a name ends in what holds data: my-app-db is the database of an app, and no app."""
        last = next((part for part in reversed(parts) if not part.isdigit()), "")
        return last in _STORES or last in self._words

    def _is_tool(self, name: str) -> bool:
        parts = words(name)
        if self._ends_as_store(parts):
            return False
        # "redis-service" is a name for a Redis as well as for what uses one.
        return bool(self._tools.intersection(parts[1:]) - {"service", "source"})

    def _runs_server(self, container: Container, kind: Kind) -> bool:
        """Whether the command line leaves the image to be the server, and does not run a client from it."""
        command = container.command
        if not command or command[0].startswith("-"):
            return True
        program = command[0].rpartition("/")[2]
        if program not in _SHELLS:
            return program not in kind.clients or program in kind.servers
        script = "\n".join(command[1:])
        runs = set(_RUNS.findall(script[:_LONGEST_SCRIPT]))
        return runs.isdisjoint(kind.clients) or any(server in script for server in kind.servers)

    def _weighed(self, workload: Workload, container: Container, image: str) -> str | None:
        listens = {port.target or port.port for port in workload.ports}
        votes: dict[str, set[str]] = {}
        path = image_path(image)
        for word in _SEPARATOR.split(path[-1]) if path else ():
            self._vote(votes, self._words.get(word), "image")
        for word in words(workload.name):
            self._vote(votes, self._words.get(word), "name")
        for setting in container.settings:
            self._vote(votes, self._variable(setting.name), "variables")
        self._vote(votes, self._server_program(container), "command")
        for kind in self.kinds.values():
            if not listens.isdisjoint(kind.ports) or not listens.isdisjoint(kind.also_ports):
                self._vote(votes, kind.kind, "ports")
        agreed = [kind for kind, reasons in votes.items() if len(reasons) > 1]
        if len(agreed) == 1:
            return agreed[0]
        alone = self._ports.get(next(iter(listens))) if len(listens) == 1 else None
        return alone if alone is not None and not agreed and self._is_plausible(container) else None

    def _server_program(self, container: Container) -> str | None:
        """The kind whose server the command line starts, when only one kind has a server of that name."""
        program = container.command[0].rpartition("/")[2] if container.command else ""
        kinds = [kind.kind for kind in self.kinds.values() if program in kind.servers]
        return kinds[0] if len(kinds) == 1 else None

    def _is_plausible(self, container: Container) -> bool:
        """A web server in front, or a probe by HTTP, is no datastore, whatever its port."""
        probe = container.probes.readiness or container.probes.liveness
        return self.role_of_image(container) is None and (probe is None or probe.type != "http")

    def _variable(self, name: str) -> str | None:
        if name not in self._by_variable:
            fits = (kind for own, kind in self._env if name == own or (own.endswith("_") and name.startswith(own)))
            self._by_variable[name] = next(fits, None)
        return self._by_variable[name]

    @staticmethod
    def _vote(votes: dict[str, set[str]], kind: str | None, reason: str) -> None:
        if kind is not None:
            votes.setdefault(kind, set()).add(reason)


def main_container(workload: Workload) -> Container | None:
    """The container that a workload is about."""
    return next((container for container in workload.containers if container.kind == "main"), None)


def _first(pairs: Iterable[tuple[K, V]]) -> dict[K, V]:
    """The first value of each key."""
    result: dict[K, V] = {}
    for key, value in pairs:
        result.setdefault(key, value)
    return result
