"""Which steps must come before which: found by replaying them in the order in which they were proposed.

A step comes after those that establish its facts; after those that make what its parts refer to, and before those that
remove that; and in the proposed order with every other step whose edits clash with its own. All of these agree with the
proposed order, so there is never a circle, and every set of steps that the order allows is a consistent topology.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from novaplan.consolidation.hosts import hosts
from novaplan.migration.draft import State
from novaplan.migration.edits import Edit, Value
from novaplan.migration.step import Step
from novaplan.topology.base import Model
from novaplan.topology.datastore import ConsumerGroup, Database, Datastore, External, LogicalDB, Schema
from novaplan.topology.parts import SYSTEM, address, parent_of, path_of, secret_address
from novaplan.topology.service import EnvVar, KeyRef, Service
from novaplan.topology.wiring import Dependency, Route, Secret, SecretKey

Refs = set[str]


class Precedence:
    """Finds the pairs of steps (before, after) by their place in ``steps``."""

    def __init__(self, start: Mapping[str, Model], goal: Mapping[str, Model]) -> None:
        self.state = State(start)
        names = {
            part.name
            for side in (start, goal)
            for part in side.values()
            if isinstance(part, Service | Datastore | External)
        }
        self.secrets: dict[str, set[str]] = defaultdict(set)
        for side in (start, goal):
            for own, part in side.items():
                if isinstance(part, Secret):
                    self.secrets[part.name].add(own)
        self.names = names
        """Names of all components that current or target has."""
        self.made: dict[str, int] = {}
        """The step that made a part which was not there."""
        self.touched: dict[str, list[int]] = defaultdict(list)
        """The steps after or before which something refers to a part."""
        self.facts: dict[str, list[int]] = defaultdict(list)
        self.writers: dict[str, list[tuple[int, Edit]]] = defaultdict(list)
        self.pairs: set[tuple[int, int]] = set()
        self.answering: dict[str, set[str]] = defaultdict(set)
        """Which parts answer to a name."""
        for own, part in start.items():
            for name in _answers_to(part):
                self.answering[name].add(own)

    def of(self, steps: Sequence[Step]) -> set[tuple[int, int]]:
        """All pairs. Raises KeyError for a step that waits for an unknown one."""
        place = {step.id: index for index, step in enumerate(steps)}
        for index, step in enumerate(steps):
            self.pairs |= {(place[item], index) for item in step.after}
            for name in step.requires:
                self.pairs |= {(before, index) for before in self.facts[name]}
            for name in step.establishes:
                self.facts[name].append(index)
            for edit in step.edits:
                self._edit(index, edit)
        return {(before, after) for before, after in self.pairs if before != after}

    def _edit(self, index: int, edit: Edit) -> None:
        own = edit.address
        self.pairs |= {(before, index) for before, other in self.writers[own] if edit.clashes(other)}
        self.writers[own].append((index, edit))
        before = self.state.parts.get(own)
        held = self._refs(own, before)
        self.state.apply(edit)
        after = self.state.parts.get(own)
        holds = self._refs(own, after)
        for ref in held ^ holds:
            self.touched[ref].append(index)
        self.pairs |= {(self.made[ref], index) for ref in holds if ref in self.made}
        gone, there = self._renamed(own, before, after)
        if before is not None and after is None:
            gone.add(own)
        if before is None and after is not None:
            there.add(own)
        for ref in gone:
            self.pairs |= {(item, index) for item in self.touched[ref]}
        for ref in there:
            self.made.setdefault(ref, index)

    def _renamed(self, own: str, before: Value | None, after: Value | None) -> tuple[Refs, Refs]:
        """Names that nothing answers to any more, and names that something answers to now."""
        old, new = _answers_to(before), _answers_to(after)
        gone, there = set(), set()
        for name in old - new:
            self.answering[name].discard(own)
            if not self.answering[name]:
                gone.add(f"name:{name}")
        for name in new - old:
            if not self.answering[name]:
                there.add(f"name:{name}")
            self.answering[name].add(own)
        return gone, there

    # ------------------------------------------------------------------ what a part refers to

    def _refs(self, own: str, part: Value | None) -> Refs:
        if not isinstance(part, Model) or own == SYSTEM:
            return set()
        found = set(self._own_refs(own, part))
        parent = parent_of(own)
        if parent != SYSTEM:
            found.add(parent)
        if (space := getattr(part, "namespace", None)) is not None:
            found.add(address("namespace", space))
        return found

    def _own_refs(self, own: str, part: Model) -> Iterator[str]:
        if isinstance(part, Dependency):
            yield from self._edge_refs(part)
        elif isinstance(part, Route):
            yield from self._route_refs(part)
        elif isinstance(part, EnvVar):
            component = path_of(own).split("/")[0]
            yield from (f"name:{host.name}" for host in hosts(part) if host.name in self.names)
            yield from self._key(part.secret, component)
        elif isinstance(part, Service):
            yield from self._service_refs(own, part)
        elif isinstance(part, Datastore):
            for variable in part.env:
                yield from (f"name:{host.name}" for host in hosts(variable) if host.name in self.names)
                yield from self._key(variable.secret, part.name, part.namespace)
        elif isinstance(part, Database | Schema):
            yield from _owners((part.owner,))
        elif isinstance(part, LogicalDB):
            yield from _owners(part.owners)
        elif isinstance(part, ConsumerGroup):
            store = path_of(own).split("/")[0]
            yield from (f"topic:{store}/{_quoted(name)}" for name in part.topics)
        elif isinstance(part, SecretKey) and part.opens is not None:
            yield part.opens

    def _service_refs(self, own: str, service: Service) -> Iterator[str]:
        for name in service.startup.wait_for:
            yield from _ends(name)
        for child in (*self.state.inside(own), *self.state._of[service.name]):
            held = self.state.parts.get(child)
            key = held.secret if isinstance(held, EnvVar | Dependency) else None
            yield from self._key(key, service.name, service.namespace)

    def _edge_refs(self, edge: Dependency) -> Iterator[str]:
        yield from _ends(edge.client)
        yield from _ends(edge.server)
        if edge.database is not None:
            yield address("database", edge.server, edge.database)
            yield from (address("schema", edge.server, edge.database, name) for name in edge.schemas)
        if edge.logical_db is not None:
            yield address("logical-db", edge.server, edge.logical_db)
        if edge.topic is not None:
            yield address("topic", edge.server, edge.topic)
        if edge.group is not None:
            yield address("consumer-group", edge.server, edge.group)
        yield from self._key(edge.secret, edge.client)

    def _route_refs(self, route: Route) -> Iterator[str]:
        if route.via is not None:
            yield address("service", route.via)
        for backend in route.backends:
            yield address("service", backend.service)
            yield address("port", backend.service, backend.port)
        yield from self.secrets.get(route.tls_secret or "", ())

    def _key(self, key: KeyRef | None, component: str, namespace: str | None = None) -> Iterator[str]:
        if key is None:
            return
        holder = self.state.part(address("service", component), Service) or self.state.part(
            address("datastore", component), Datastore
        )
        space = namespace or (holder.namespace if holder else None)
        secret = secret_address(key.name, space)
        yield secret
        if isinstance(self.state.parts.get(secret), Secret):
            yield f"secret-key:{path_of(secret)}/{_quoted(key.key)}"


def _ends(name: str) -> Iterator[str]:
    yield from (address(kind, name) for kind in ("service", "datastore", "external"))


def _owners(names: Sequence[str | None]) -> Iterator[str]:
    yield from (address("service", name) for name in names if name is not None)


def _quoted(name: str) -> str:
    return path_of(address("x", name))


def _answers_to(part: Value | None) -> set[str]:
    return {part.name, *part.aliases} if isinstance(part, Service | Datastore) else set()
