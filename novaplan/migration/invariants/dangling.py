"""No reference leads nowhere: clients, servers, ports, databases, topics, host names in variables, owners, namespaces.

Only what one of the two sides declares can be missed; a database or a host that neither knows is not novaplan's to
judge. Keys of secrets have an invariant of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

from novaplan.consolidation.hosts import hosts
from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.world import View, World
from novaplan.topology.datastore import Database, Datastore, Kafka, LogicalDB, Schema
from novaplan.topology.parts import SYSTEM, address, kind_of, label_of, parent_of
from novaplan.topology.service import EnvVar, Port, Service
from novaplan.topology.wiring import Dependency, Route, Secret

Missing = Iterator[str]


def obligations(world: World) -> Iterator[Obligation]:
    """One for each part that refers to others or holds others."""
    names = _Names(world)
    asks: dict[str, Callable[[View, str, _Names], Missing]] = {
        "dependency": _dependency, "route": _route, "env": _variable, "service": _service, "datastore": _datastore,
        "database": _owner, "schema": _owner, "logical-db": _owners, "secret": _secret,
    }  # fmt: skip
    for kind, ask in asks.items():
        for own in world.universe.get(kind, ()):
            yield Obligation(own, partial(_asked, own=own, ask=ask, names=names))
    for own, children in world.children.items():
        if own in world.writers:
            yield Obligation(f"{own} (inside)", partial(_orphans, own=own, children=children))


class _Names:
    """What each name may ever mean: addresses by the name of a component, an alias or an outside address."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.components: dict[str, set[str]] = defaultdict(set)
        self.answering: dict[str, set[str]] = defaultdict(set)
        for kind in ("service", "datastore", "external"):
            for own in world.universe.get(kind, ()):
                self.components[label_of(own)].add(own)
                for part in world.values(own):
                    for alias in getattr(part, "aliases", ()):
                        self.answering[alias].add(own)
        self.namespaces = {label_of(own) for own in world.universe.get("namespace", ())}
        self.configs: dict[str, set[str]] = defaultdict(set)
        for own in world.universe.get("object", ()):
            if label_of(own).startswith("ConfigMap/"):
                self.configs[label_of(own).rpartition("/")[2]].add(own)

    def there(self, view: View, name: str) -> bool:
        """Whether something is called so."""
        return any(view.has(own) for own in sorted(self.components.get(name, ())))

    def answers(self, view: View, name: str) -> bool:
        """Whether something is called so, or answers to it."""
        return self.there(view, name) or any(
            name in getattr(view.part(own, Service) or view.part(own, Datastore), "aliases", ())
            for own in sorted(self.answering.get(name, ()))
        )

    def declared(self, own: str) -> bool:
        """Whether a part is ever there, or should be in the end."""
        return own in self.world.start or own in self.world.writers or own in self.world.wanted


def _asked(view: View, own: str, ask: Callable[[View, str, _Names], Missing], names: _Names) -> Shortfall | None:
    missing = list(ask(view, own, names))
    if not missing:
        return None
    return Shortfall("; ".join(missing), len(missing), "make what it needs first, and remove that last")


def _dependency(view: View, own: str, names: _Names) -> Missing:
    edge = view.part(own, Dependency)
    if edge is None:
        return
    for end in (edge.client, edge.server):
        if not names.there(view, end):
            yield f"there is no {end}"
    for kind, path in _needs(edge):
        part = address(kind, *path)
        if names.declared(part) and not view.has(part) and not _made_on_demand(view, edge, kind):
            yield f"there is no {kind} {label_of(part)}"
    numbers = {port.port for port in view.children(address("service", edge.server), Port)}
    if edge.port is not None and edge.mode == "calls" and edge.port not in numbers and _ever(view.world, edge):
        yield f"{edge.server} has no port {edge.port}"


def _needs(edge: Dependency) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    if edge.database is not None:
        yield "database", (edge.server, edge.database)
        for schema in edge.schemas:
            yield "schema", (edge.server, edge.database, schema)
    if edge.logical_db is not None:
        yield "logical-db", (edge.server, edge.logical_db)
    if edge.topic is not None:
        yield "topic", (edge.server, edge.topic)


def _made_on_demand(view: View, edge: Dependency, kind: str) -> bool:
    server = view.part(address("datastore", edge.server), Datastore) if kind == "topic" else None
    return server is not None and isinstance(server.deployment, Kafka) and server.deployment.auto_create_topics


def _ever(world: World, edge: Dependency) -> bool:
    """Whether the server has that port in some state."""
    inside = world.children.get(address("service", edge.server), ())
    return any(getattr(part, "port", None) == edge.port for own in inside if kind_of(own) == "port"
               for part in world.values(own))  # fmt: skip


def _route(view: View, own: str, _: _Names) -> Missing:
    route = view.part(own, Route)
    if route is None:
        return
    via = (route.via,) if route.via else ()
    for name in dict.fromkeys((*via, *(backend.service for backend in route.backends))):
        if not view.has(address("service", name)):
            yield f"there is no service {name}"


def _variable(view: View, own: str, names: _Names) -> Missing:
    variable = view.part(own, EnvVar)
    if variable is None:
        return
    for host in hosts(variable):
        known = host.name in names.components or host.name in names.answering
        ours = host.namespace is None or host.namespace in names.namespaces
        if known and ours and not names.answers(view, host.name):
            yield f"it names {host.name}, and nothing answers to that"
    if variable.config is not None:
        objects = sorted(names.configs.get(variable.config.name, ()))
        if objects and not any(view.has(item) for item in objects):
            yield f"there is no ConfigMap {variable.config.name}"


def _service(view: View, own: str, _: _Names) -> Missing:
    service = view.some(own, Service, "namespace", "startup")
    if service is None:
        return
    yield from _namespace(view, service.namespace)
    for name in service.startup.wait_for:
        if not any(view.has(address(kind, name)) for kind in ("service", "datastore")):
            yield f"it waits for {name}, which is not there"


def _datastore(view: View, own: str, _: _Names) -> Missing:
    store = view.some(own, Datastore, "namespace")
    if store is not None:
        yield from _namespace(view, store.namespace)


def _secret(view: View, own: str, _: _Names) -> Missing:
    secret = view.part(own, Secret)
    if secret is not None:
        yield from _namespace(view, secret.namespace)


def _namespace(view: View, name: str | None) -> Missing:
    if name is not None and not view.has(address("namespace", name)):
        yield f"there is no namespace {name}"


def _owner(view: View, own: str, _: _Names) -> Missing:
    part = view.part(own, Database) or view.part(own, Schema)
    if part is not None and part.owner is not None and not view.has(address("service", part.owner)):
        yield f"its owner {part.owner} is not there"


def _owners(view: View, own: str, _: _Names) -> Missing:
    part = view.part(own, LogicalDB)
    for name in part.owners if part is not None else ():
        if not view.has(address("service", name)):
            yield f"its owner {name} is not there"


def _orphans(view: View, own: str, children: tuple[str, ...]) -> Shortfall | None:
    """Parts in one that is not there."""
    if view.has(own):
        return None
    left = [child for child in children if parent_of(child) != SYSTEM and view.has(child)]
    message = f"is not there, and holds {', '.join(map(label_of, left))}"
    return Shortfall(message, len(left), "make it first and remove it last") if left else None
