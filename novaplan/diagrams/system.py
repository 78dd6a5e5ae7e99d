"""One topology as a picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Literal, cast

from novaplan.diagrams.folding import fold, hubs
from novaplan.diagrams.picture import Arrow, Box, Group, Line, Picture, State
from novaplan.errors import UnknownNameError, nearest
from novaplan.quantity import format_bytes
from novaplan.topology.datastore import Cluster, Datastore, External, Kafka, Managed, Patroni, Sentinel
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency, Route

GroupBy = Literal["namespace", "team", "none"]
Category = Literal["service", "datastore", "external", "route"]
_MOST_PARTS = 6
"""Parts of a datastore that are named without detail."""
_WIDEST = 32
"""Characters of a name in one line."""
_MOST_LABELS = 4
"""Lines on an arrow with detail; more are counted."""
States = Mapping[str, State]


@dataclass(frozen=True, slots=True)
class View:
    """What of a system is drawn, and how closely."""

    detail: bool = False
    """Pools, databases, schemas, logical DBs, topics and paths too."""
    group_by: GroupBy = "namespace"
    hide: frozenset[Category] = frozenset()
    focus: str | None = None
    """Only this component and what is around it."""
    hops: int = 1
    """How far around."""
    fold: int | None = None
    """Name what so many use in their boxes instead of drawing the arrows; 0 never does, None does where there are very
    many arrows."""


def draw(topology: Topology, view: View | None = None, *, kept: set[str] | None = None) -> Picture:
    """The picture of ``topology``, or of the components of it that are in ``kept``.

    Raises ``UnknownNameError`` for a focus that it does not have.
    """
    view = view or View()
    kept = visible(topology, view) if kept is None else kept
    groups, membership = grouped(topology, kept, view)
    boxes = [*boxes_of(topology, kept, view, membership=membership)]
    arrows = [*arrows_of(topology, kept, view)]
    outside, incoming = _entrance(topology.routes, kept, view)
    notes = _notes(topology, kept, view)
    picture = Picture(topology.name, (*outside, *boxes), (*incoming, *arrows), groups, notes)
    return fold(picture, hubs(picture, view.fold))


def visible(topology: Topology, view: View) -> set[str]:
    """Names of the components that are drawn."""
    names = {
        "service": [item.name for item in topology.services],
        "datastore": [item.name for item in topology.datastores],
        "external": [item.name for item in topology.externals],
    }
    shown = {name for category, items in names.items() if category not in view.hide for name in items}
    if view.focus is None:
        return shown
    known = [name for items in names.values() for name in items]
    if view.focus not in known:
        raise UnknownNameError(f"there is no component {view.focus!r}{nearest(view.focus, known)}")
    neighbours: dict[str, set[str]] = defaultdict(set)
    for edge in topology.dependencies:
        neighbours[edge.client].add(edge.server)
        neighbours[edge.server].add(edge.client)
    found = reached = {view.focus}
    for _ in range(view.hops):
        reached = {near for name in reached for near in neighbours[name]} - found
        found = found | reached
    return found & (shown | {view.focus})


def grouped(
    topology: Topology, kept: set[str], view: View, prefix: str = ""
) -> tuple[tuple[Group, ...], dict[str, str]]:
    """The groups that have something in them, and which component stands in which; ``prefix`` keeps the groups of two
    topologies apart."""
    membership: dict[str, str] = {}
    labels: dict[str, str] = {}
    components: Iterable[Service | Datastore] = (*topology.services, *topology.datastores)
    for item in components:
        name = item.namespace if view.group_by == "namespace" else getattr(item, "team", None)
        if view.group_by == "none" or name is None or item.name not in kept:
            continue
        own = identifier(prefix + "group", name)
        membership[item.name] = own
        labels[own] = name
    return tuple(Group(own, label) for own, label in sorted(labels.items())), membership


def boxes_of(
    topology: Topology,
    kept: set[str],
    view: View,
    *,
    membership: Mapping[str, str],
    prefix: str = "",
    states: States | None = None,
) -> Iterable[Box]:
    """A box for every component that is drawn."""
    states, near = states or {}, replace(view, detail=True)
    for service in topology.services:
        if service.name in kept:
            yield Box(
                identifier(prefix, service.name),
                service.name,
                (*_name_lines(service.name), *_service_lines(service, view)),
                "service",
                membership.get(service.name, ""),
                optional=service.optional,
                state=states.get(f"service:{service.name}", "plain"),
                tooltip=_tooltip(service.name, _service_lines(service, near), service.description),
            )
    for store in topology.datastores:
        if store.name in kept:
            yield Box(
                identifier(prefix, store.name),
                store.name,
                (*_name_lines(store.name), *_store_lines(store, view)),
                "datastore",
                membership.get(store.name, ""),
                optional=store.optional,
                available=store.highly_available,
                state=states.get(f"datastore:{store.name}", "plain"),
                tooltip=_tooltip(store.name, _store_lines(store, near), store.description),
            )
    for external in topology.externals:
        if external.name in kept:
            yield _external(external, prefix, states)


def _tooltip(*parts: str | Iterable[str]) -> str:
    """What is told about a box or an arrow when somebody points at it."""
    lines = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
    return "\n".join(line for line in lines if line)


def _external(external: External, prefix: str, states: States) -> Box:
    kind = () if external.kind == external.name else (external.kind,)
    return Box(
        identifier(prefix, external.name),
        external.name,
        (*_name_lines(external.name), *kind),
        "external",
        optional=external.optional,
        state=states.get(f"external:{external.name}", "plain"),
        tooltip=_tooltip(external.name, kind, external.description),
    )


def _name_lines(name: str) -> tuple[str, ...]:
    return tuple(wrap(name, _WIDEST)) or (name,)


def _service_lines(service: Service, view: View) -> Iterable[str]:
    pods = f"{service.replicas} pod" + ("" if service.replicas == 1 else "s")
    if service.autoscaling is not None:
        pods += f", {service.autoscaling.min}–{service.autoscaling.max}"
    yield pods
    if view.detail and service.ports:
        yield " ".join(f":{port.port}" for port in service.ports)


def _store_lines(store: Datastore, view: View) -> Iterable[str]:
    version = f" {store.version}" if store.version else ""
    if store.kind != store.name or version:
        yield f"{store.kind}{version}"
    yield from _deployment_line(store)
    parts = [database.name for database in store.databases]
    parts += [f"DB {item.index}" for item in store.logical_dbs]
    parts += [topic.name for topic in store.topics] if view.detail else []
    if store.topics and not view.detail:
        count = len(store.topics)
        parts.append(f"{count} topic" + ("" if count == 1 else "s"))
    shown = parts if view.detail else parts[:_MOST_PARTS]
    for index in range(0, len(shown), 3):
        yield ", ".join(shown[index : index + 3])
    if len(shown) < len(parts):
        yield f"and {len(parts) - len(shown)} more"
    if view.detail and store.storage:
        yield f"{format_bytes(store.storage)} each"


def _deployment_line(store: Datastore) -> Iterable[str]:
    deployment = store.deployment
    if isinstance(deployment, Sentinel):
        yield f"{deployment.members} + {deployment.sentinels} Sentinels"
    elif isinstance(deployment, Patroni):
        yield f"{deployment.members} with Patroni" + (f" + {deployment.etcd.members} etcd" if deployment.etcd else "")
    elif isinstance(deployment, Kafka) and deployment.brokers > 1:
        yield f"{deployment.brokers} brokers"
    elif isinstance(deployment, Cluster):
        yield f"cluster of {deployment.members}"
    elif isinstance(deployment, Managed):
        yield "managed" + (f" by {deployment.provider}" if deployment.provider else "")


def arrows_of(
    topology: Topology, kept: set[str], view: View, *, prefix: str = "", states: States | None = None
) -> Iterable[Arrow]:
    """One arrow for each pair and mode, whatever number of edges it stands for."""
    from novaplan.topology.parts import dependency_address

    together: dict[tuple[str, str, Line], list[Dependency]] = defaultdict(list)
    for edge in topology.dependencies:
        if edge.client in kept and edge.server in kept and not edge.possible:
            together[edge.client, edge.server, cast(Line, edge.mode)].append(edge)
    for (client, server, line), edges in sorted(together.items()):
        found = {(states or {}).get(dependency_address(edge), "plain") for edge in edges}
        details = dict.fromkeys(label for edge in edges if (label := _edge_label(edge)))
        yield Arrow(
            identifier(prefix, client),
            identifier(prefix, server),
            line,
            _shortened(details) if view.detail else (),
            optional=all(edge.optional for edge in edges),
            state=found.pop() if len(found) == 1 else "changed",
            tooltip=_tooltip(f"{client} {line} {server}", details),
        )


def _edge_label(edge: Dependency) -> str:
    words = [edge.database or "", ".".join(edge.schemas)]
    words.append(f"DB {edge.logical_db}" if edge.logical_db is not None else "")
    words.append(edge.topic or "")
    words.append(f"({edge.group})" if edge.group else "")
    words.append(f"pool {edge.pool.max}" if edge.pool else "")
    return " ".join(word for word in words if word)


def _shortened(labels: Iterable[str]) -> tuple[str, ...]:
    found = [*labels]
    if len(found) <= _MOST_LABELS:
        return tuple(found)
    return (*found[: _MOST_LABELS - 1], f"and {len(found) - _MOST_LABELS + 1} more")


def host_of(route: Route) -> str:
    """What the box that a route comes in through is called."""
    return route.host or "any host"


def _entrance(routes: Iterable[Route], kept: set[str], view: View) -> tuple[list[Box], list[Arrow]]:
    """A box for each host, and arrows to whatever serves it or forwards for it."""
    if "route" in view.hide:
        return [], []
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for route in routes:
        host = host_of(route)
        for name in [route.via] if route.via else [backend.service for backend in route.backends]:
            if name in kept:
                together[host, name].append(route.path or f":{route.listen}")
    hosts = dict.fromkeys(host for host, _ in sorted(together))
    boxes = [Box(identifier("host", host), host, _name_lines(host), "outside") for host in hosts]
    arrows = []
    for (host, name), paths in sorted(together.items()):
        paths = list(dict.fromkeys(paths))
        label = _shortened(paths) if view.detail or len(paths) == 1 else (f"{len(paths)} routes",)
        tooltip = _tooltip(f"{host} leads to {name}", paths)
        arrows.append(Arrow(identifier("host", host), identifier("", name), "route", label, tooltip=tooltip))
    return boxes, arrows


def _notes(topology: Topology, kept: set[str], view: View) -> tuple[str, ...]:
    every = len(topology.services) + len(topology.datastores) + len(topology.externals)
    left = every - len(kept)
    possible = sum(edge.possible for edge in topology.dependencies)
    notes = []
    if left and view.focus is not None:
        notes.append(f"within {view.hops} of {view.focus}; {left} more components are not shown")
    if possible:
        what = "1 dependency that is" if possible == 1 else f"{possible} dependencies that are"
        notes.append(f"{what} only possible and not shown")
    return tuple(notes)


def identifier(prefix: str, name: str) -> str:
    """An id of letters, digits and underscores alone, another one for every name."""
    escaped = "".join(char if char.isascii() and char.isalnum() else f"_{ord(char):x}_" for char in name)
    return f"{prefix or 'c'}_{escaped}"
