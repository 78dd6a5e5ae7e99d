"""No route waits for more synchronous calls in a row than on the deeper side: each call adds its time and its failures.

Only calls between services count. Services that call each other in a circle count as one, and so does a family where
nothing else could be told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.world import View, World
from novaplan.topology.parts import path_of
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency, Route

Calls = dict[str, set[str]]


def obligations(world: World) -> Iterator[Obligation]:
    """One for each route behind which all calls together, by family, might be deeper than on either side."""
    services = frozenset(path_of(own) for own in world.universe.get("service", ()))
    before, after = (_deepest(side, services) for side in (world.current, world.target))
    edges = (cast(Dependency, edge) for own in world.universe.get("dependency", ()) for edge in world.values(own))
    ever = _depths(_calls(edges, services, world))
    for own in world.universe.get("route", ()):
        names = {item.service for route in cast("list[Route]", world.values(own)) for item in route.backends}
        olds = {source for name in names for source in (*world.sources.get(name, ()), name)}
        limit = max(
            (*(before.get(name, 0) for name in olds), *(after.get(world.heir(name), 0) for name in names)), default=0
        )
        if max((ever.get(world.heir(name), 0) for name in names), default=0) > limit:
            yield Obligation(own, partial(_deeper, own=own, limit=limit, services=services))


def _deepest(side: Topology, services: frozenset[str]) -> dict[str, int]:
    return _depths(_calls(side.dependencies, services))


def _calls(edges: Iterable[Dependency], services: frozenset[str], world: World | None = None) -> Calls:
    """Who calls whom; with ``world`` by family."""
    found: Calls = defaultdict(set)
    for edge in edges:
        if edge.mode == "calls" and not edge.possible and edge.client in services and edge.server in services:
            ends = (edge.client, edge.server) if world is None else (world.heir(edge.client), world.heir(edge.server))
            found[ends[0]].add(ends[1])
    return found


def _depths(calls: Calls) -> dict[str, int]:
    """The longest row of calls that starts at each name."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from((name, other) for name, others in calls.items() for other in others)
    condensed = nx.condensation(graph)
    depth: dict[int, int] = {}
    for node in reversed(list(nx.topological_sort(condensed))):
        depth[node] = max((1 + depth[other] for other in condensed.successors(node)), default=0)
    return {name: depth[node] for name, node in condensed.graph["mapping"].items()}


def _deeper(view: View, own: str, limit: int, services: frozenset[str]) -> Shortfall | None:
    route = view.part(own, Route)
    if route is None:
        return None
    calls: Calls = {}
    waiting = [item.service for item in route.backends if item.weight]
    names = tuple(waiting)
    while waiting:
        name = waiting.pop()
        if name not in calls:
            calls[name] = _calls(view.dependencies_of(name), services).get(name, set())
            waiting += calls[name]
    depths = _depths(calls)
    depth = max((depths.get(name, 0) for name in names), default=0)
    if depth <= limit:
        return None
    return Shortfall(
        f"{depth} calls wait for each other, {limit} did", depth - limit, "point callers at the heir first"
    )
