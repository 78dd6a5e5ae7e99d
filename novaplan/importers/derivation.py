"""From a draft to a topology: who answers to which host, what is a datastore, and who uses whom for what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Final

from novaplan.importers import naming, wiring
from novaplan.importers.addresses.finding import Landscape, Sighting, in_container
from novaplan.importers.addresses.names import words
from novaplan.importers.addresses.texts import Vocabulary
from novaplan.importers.components import Components
from novaplan.importers.draft import Draft, Note, Where, Workload
from novaplan.importers.edges import Edges, Use
from novaplan.importers.hosts import Hosts
from novaplan.importers.outside import Outside
from novaplan.importers.recognition import Kind, Recognition
from novaplan.importers.recording import with_records
from novaplan.importers.report import Report, report
from novaplan.topology.base import replace
from novaplan.topology.datastore import ConsumerGroup, Database, Datastore, LogicalDB, Topic
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

_SURNAMES: Final = frozenset(("service", "svc", "server", "app"))
_ENOUGH_TO_ADOPT: Final = 2
"""Different hosts that must speak of a namespace before objects that name none are taken for its own."""


def derive(draft: Draft, *, recognition: Recognition | None = None) -> tuple[Topology, Report]:
    """The topology that ``draft`` describes, with what was recorded beside it, and what could not be told.

    Raises ``TopologyError`` when the parts contradict each other so that no topology can hold them.
    """
    topology, told = _Derivation(draft, recognition or Recognition()).run()
    return with_records(topology, told, draft.records) if draft.records else (topology, told)


@dataclass(frozen=True, slots=True)
class _Link:
    """That a workload names a host, and who answers."""

    client: int
    sighting: Sighting
    servers: tuple[int, ...]
    outside: str | None
    doubt: str | None


class _Derivation:
    def __init__(self, draft: Draft, recognition: Recognition) -> None:
        self._draft = draft
        self._recognition = recognition
        self._notes = list(draft.notes)
        self._names = naming.of_workloads(draft.workloads, self._notes)
        self._hosts = Hosts(draft)
        self._outside = Outside(draft, recognition, self._names)
        self._kinds: list[Kind | None] = []
        self._make = Components(wiring.secret_values(draft))

    def run(self) -> tuple[Topology, Report]:
        links = self._links()
        self._kinds = self._recognise(links)
        waits = self._waits()
        uses = [*self._uses(links), *waits]
        edges = Edges().dependencies(uses)
        services, datastores = self._components(waits)
        datastores = _with_parts(datastores, edges, {service.name for service in services})
        for edge in edges:
            if edge.database and self._outside.kind_of(edge.server):
                self._outside.add_database(edge.server, edge.database)
        datastores += _with_parts(self._outside.datastores(), edges, {service.name for service in services})
        names = {*(item.name for item in services), *(item.name for item in datastores)}
        topology = Topology(
            name=self._draft.name or "system",
            namespaces=wiring.namespaces(self._draft),
            services=tuple(services),
            datastores=tuple(datastores),
            externals=tuple(self._outside.externals(names)),
            dependencies=tuple(edges),
            routes=wiring.routes(self._draft, self._hosts, self._names, services, self._notes),
            secrets=wiring.secrets(self._draft, self._notes),
            unmodelled=wiring.unmodelled(self._draft),
        )
        return topology, report([*self._notes, *self._outside.notes])

    def _sightings(self) -> Iterator[tuple[int, Sighting]]:
        landscapes: dict[str | None, Landscape] = {}
        for index, workload in enumerate(self._draft.workloads):
            space = workload.namespace
            if space not in landscapes:
                ports = partial(self._hosts.ports, namespace=space)
                landscapes[space] = Landscape(ports, Vocabulary(ports, self._hosts.is_label))
            for container in workload.containers:
                for sighting in in_container(container, landscapes[space]):
                    yield index, sighting

    def _links(self) -> list[_Link]:
        sightings = list(self._sightings())
        self._adopt(sightings)
        links = []
        for index, sighting in sightings:
            answer = self._hosts.answer(sighting.address.host, self._draft.workloads[index].namespace)
            if index in answer.workloads:
                continue
            links.append(_Link(index, sighting, answer.workloads, answer.outside, answer.doubt))
        return links

    def _adopt(self, sightings: list[tuple[int, Sighting]]) -> None:
        """Manifests often leave out the namespace they are applied to, while their addresses spell it."""
        guests: dict[str, set[str]] = defaultdict(set)
        for _, sighting in sightings:
            guest = self._hosts.guest(sighting.address.host)
            if guest is not None:
                guests[guest[1]].add(guest[0])
        meant = sorted(space for space, names in guests.items() if len(names) >= _ENOUGH_TO_ADOPT)
        if len(meant) == 1:
            self._hosts.adopt(meant)
            message = f"objects without a namespace are taken for those of {meant[0]}, where addresses look for them"
            self._notes.append(Note("uncertain", message))

    def _recognise(self, links: list[_Link]) -> list[Kind | None]:
        schemes: dict[int, set[str]] = defaultdict(set)
        for link in links:
            # A name that several workloads answer to may hide one that the scheme does not fit.
            if link.sighting.address.scheme and len(link.servers) == 1:
                schemes[link.servers[0]].add(link.sighting.address.scheme)
        found: list[Kind | None] = []
        for index, workload in enumerate(self._draft.workloads):
            kind = self._recognition.datastore(workload, schemes.get(index, ()))
            found.append(self._recognition.kinds[kind] if kind else None)
        return found

    def _uses(self, links: list[_Link]) -> Iterator[Use]:
        targets = [self._targets(link) for link in links]
        shared: dict[str, set[str]] = defaultdict(set)
        beside: Counter[tuple[int, str]] = Counter()
        for link, servers in zip(links, targets, strict=True):
            if link.sighting.shared is not None:
                shared[link.sighting.shared].update(server for server, _ in servers)
        seen: set[tuple[int, str]] = set()
        for link, servers in zip(links, targets, strict=True):
            for server, kind in servers:
                if kind is not None and (id(link.sighting.container), server) not in seen:
                    seen.add((id(link.sighting.container), server))
                    beside[id(link.sighting.container), kind.kind] += 1
                    beside[id(link.sighting.container), kind.holds or ""] += 1
        # What names a single server was shared to say where that server is; any more is only possible.
        for link, servers in zip(links, targets, strict=True):
            source = link.sighting.shared
            for server, kind in servers:
                container = id(link.sighting.container)
                yield Use(
                    client=self._names[link.client],
                    server=server,
                    where=_named(link.sighting),
                    kind=kind,
                    sighting=link.sighting,
                    possible=source is not None and len(shared[source]) > 1 and not self._is_meant(link),
                    alone=kind is None or beside[container, kind.kind] == 1,
                    only_database=beside[container, "databases"] == 1,
                )

    def _is_meant(self, link: _Link) -> bool:
        """Whether a variable that many share is for this client: ORDERS_DB_HOST is for the service orders."""
        own = tuple(word for word in words(self._draft.workloads[link.client].name) if word not in _SURNAMES)
        return bool(own) and words(link.sighting.name)[: len(own)] == own

    def _targets(self, link: _Link) -> list[tuple[str, Kind | None]]:
        if link.servers:
            if link.doubt:
                self._notes.append(Note("uncertain", link.doubt, _named(link.sighting)))
            return [(self._names[index], self._kinds[index]) for index in link.servers]
        client = self._names[link.client]
        if link.outside is None:
            return []
        known_as = self._hosts.canonical(link.outside, self._draft.workloads[link.client].namespace)
        server = self._outside.server(link.sighting, link.outside, known_as, client, link.doubt)
        if server is None:
            return []
        kind = self._outside.kind_of(server)
        return [(server, self._recognition.kinds[kind] if kind else None)]

    def _waits(self) -> list[Use]:
        found = []
        for index, workload in enumerate(self._draft.workloads):
            for wait in workload.waits:
                answer = self._hosts.answer(wait.host.lower(), workload.namespace)
                if not answer.workloads:
                    message = f"{workload.name} waits for {wait.host!r}, which is not here"
                    self._notes.append(Note("uncertain", message, wait.where))
                for server in answer.workloads:
                    if server != index:
                        found.append(Use(self._names[index], self._names[server], wait.where, self._kinds[server]))
        return found

    def _tell_sizeless(self, workload: Workload, name: str) -> None:
        """A datastore has storage of a size or none: a volume that states none must not go without a word."""
        volumes = ", ".join(sorted(volume.name for volume in workload.volumes))
        if volumes and all(volume.size is None for volume in workload.volumes):
            message = (
                f"how large the volume {volumes} is, so the storage of {name} is not stated; state it to keep data"
            )
            self._notes.append(Note("left out", message, workload.where))

    def _components(self, waits: list[Use]) -> tuple[list[Service], list[Datastore]]:
        stores = {name for name, kind in zip(self._names, self._kinds, strict=True) if kind is not None}
        wait_for = self._start_order(waits, stores)
        services: list[Service] = []
        datastores: list[Datastore] = []
        for workload, name, kind in zip(self._draft.workloads, self._names, self._kinds, strict=True):
            if kind is not None:
                datastores.append(self._make.datastore(workload, name=name, kind=kind))
                self._tell_sizeless(workload, name)
            else:
                waiting = sorted(wait_for.get(name, ()))
                role = self._recognition.role(workload)
                services.append(self._make.service(workload, name=name, role=role, wait_for=waiting))
        return services, datastores

    def _start_order(self, waits: list[Use], stores: set[str]) -> dict[str, set[str]]:
        """What each service waits for; a circle cannot be held in a topology, so it is reported and opened."""
        ordered = {
            (self._names[index], wait.host)
            for index, workload in enumerate(self._draft.workloads)
            for wait in workload.waits
            if wait.ordered
        }
        clients = {client for client, _ in ordered}
        wait_for: dict[str, set[str]] = defaultdict(set)
        for use in waits:
            if use.client in clients and use.client not in stores:
                wait_for[use.client].add(use.server)
        while True:
            try:
                TopologicalSorter(wait_for).prepare()
            except CycleError as error:
                circle = error.args[1]
                # The sorter tells a circle from dependency to dependent.
                server, client = circle[0], circle[1]
                if server not in wait_for.get(client, ()):
                    server, client = client, server
                wait_for[client].discard(server)
                message = f"{client} and {server} wait for each other in a circle; the order is left open there"
                self._notes.append(Note("uncertain", message))
            else:
                return wait_for


def _named(sighting: Sighting) -> Where:
    where = sighting.where
    return where if where.field or not sighting.name else Where(where.file, where.line, sighting.name)


def _with_parts(stores: list[Datastore], edges: list[Dependency], services: set[str]) -> list[Datastore]:
    """Datastores with the parts that their clients use: logical DBs, topics, groups, and databases nobody declares."""
    by_server: dict[str, list[Dependency]] = defaultdict(list)
    for edge in edges:
        by_server[edge.server].append(edge)
    return [
        _with_used_parts(store, by_server[store.name], services) if store.name in by_server else store
        for store in stores
    ]


def _with_used_parts(store: Datastore, edges: list[Dependency], services: set[str]) -> Datastore:
    owners: dict[int, set[str]] = defaultdict(set)
    groups: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.logical_db is not None:
            owners[edge.logical_db] |= {edge.client} & services
        if edge.group is not None:
            groups[edge.group] |= {edge.topic} if edge.topic else set()
    databases = store.databases
    if not databases:
        databases = tuple(Database(name=name) for name in sorted({edge.database for edge in edges if edge.database}))
    return replace(
        store,
        databases=databases,
        logical_dbs=tuple(LogicalDB(index=index, owners=tuple(sorted(owners[index]))) for index in sorted(owners)),
        topics=tuple(Topic(name=name) for name in sorted({edge.topic for edge in edges if edge.topic})),
        consumer_groups=tuple(ConsumerGroup(name=name, topics=tuple(sorted(groups[name]))) for name in sorted(groups)),
    )
