"""What the lineage means for a migration: who takes over from whom, and where each edge, route and port ends up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.parts import address, dependency_address, kind_of, label_of, path_of, route_address, split
from novaplan.topology.service import Port, Service
from novaplan.topology.wiring import Dependency, Route


class Heritage:
    """Answers from current, target and the lineage alone."""

    def __init__(self, world: World) -> None:
        self.world, self.current, self.target = world, world.current, world.target
        self.goal = split(world.target)
        """The parts of target by address."""

    @cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Each service that ends, with the one that takes over from it, in the order in which they move."""
        found = [(old, new) for new, olds in self.world.sources.items() for old in olds if old != new]
        return tuple(sorted(found, key=lambda pair: (self._rank[pair[0]], pair)))

    @cached_property
    def leaving(self) -> frozenset[str]:
        """Services of current that target does not have."""
        return frozenset(self.current.service.keys() - self.target.service.keys())

    @cached_property
    def new_services(self) -> tuple[str, ...]:
        """Services of target that current does not have, each after those it waits for or, where it can be, calls."""
        return tuple(name for name in self._start_order if name not in self.current.service)

    @cached_property
    def _start_order(self) -> list[str]:
        """Depth first, by the names: what a service waits for always comes before it, what it calls where no circle
        forbids that."""
        waits = {service.name: service.startup.wait_for for service in self.target.services}
        calls: dict[str, list[str]] = defaultdict(list)
        for edge in self.target.dependencies:
            if edge.client in waits and edge.server in waits:
                calls[edge.client].append(edge.server)
        strict = _depth_first(waits, lambda name: sorted(name for name in waits[name] if name in waits))
        place = {name: index for index, name in enumerate(strict)}
        called = {name: place for place, name in enumerate(_depth_first(waits, lambda name: sorted(calls[name])))}
        depth: dict[str, int] = {}
        for name in strict:
            depth[name] = 1 + max((depth[item] for item in waits[name] if item in depth), default=0)
        return sorted(waits, key=lambda name: (depth[name], called[name], place[name]))

    # ------------------------------------------------------------------ how risky a move is

    @cached_property
    def _rank(self) -> dict[str, tuple[int, int, str]]:
        """Ascending calls x traffic; a service that only its own group calls moves after those callers, because a
        caller that has moved calls inside the process and leaves it without traffic."""
        callers: dict[str, set[str]] = defaultdict(set)
        callees: dict[str, set[str]] = defaultdict(set)
        for edge in self.current.dependencies:
            if edge.client in self.current.service and edge.server in self.current.service and not edge.possible:
                callers[edge.server].add(edge.client)
                callees[edge.client].add(edge.server)
        routed = {service.name: 0 for service in self.current.services}
        for route in self.current.routes:
            for backend in route.backends:
                routed[backend.service] += 1
        score = {
            name: (len(callers[name]) + len(callees[name]))
            * (routed[name] + sum(routed[item] for item in callers[name]))
            for name in routed
        }
        own = {
            name: not routed[name]
            and bool(callers[name])
            and all(self.world.heir(item) == self.world.heir(name) for item in callers[name])
            for name in routed
        }
        return {
            name: (
                max([score[name], *(score[item] + 1 for item in callers[name])]) if own[name] else score[name],
                0,
                name,
            )
            for name in routed
        }

    def rank(self, service: str) -> tuple[int, int, str]:
        """The smaller, the earlier it moves."""
        return self._rank.get(service, (0, 0, service))

    # ------------------------------------------------------------------ edges

    def edges_of(self, own: str) -> tuple[Dependency, ...]:
        """The edges of target that the edge of current under ``own`` became."""
        found = [self.goal.get(item) for item in self.world.heirs.get(own, ())]
        return tuple(edge for edge in found if isinstance(edge, Dependency))

    def store_heirs(self, name: str) -> tuple[str, ...]:
        """The datastores of target that one of current became."""
        return self._names(address("datastore", name), "datastore")

    @cached_property
    def store_sources(self) -> dict[str, tuple[str, ...]]:
        """The datastores of current that one of target came from, by its name."""
        found: dict[str, list[str]] = defaultdict(list)
        for store in self.current.datastores:
            for heir in self.store_heirs(store.name):
                found[heir].append(store.name)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def came_from(self) -> dict[str, tuple[str, ...]]:
        """Addresses of current, by that of the part of target they became."""
        found: dict[str, list[str]] = defaultdict(list)
        for own, into in sorted(self.world.heirs.items()):
            for item in into:
                found[item].append(own)
        return {own: tuple(items) for own, items in found.items()}

    def _names(self, own: str, kind: str) -> tuple[str, ...]:
        return tuple(label_of(item) for item in self.world.heirs.get(own, ()) if kind_of(item) == kind)

    def database_heir(self, store: str, database: str) -> tuple[str, str] | None:
        """The server and database of target that a database of current became, if one did."""
        own = address("database", store, database)
        for item in self.world.heirs.get(own, ()):
            if kind_of(item) == "database" and item in self.goal:
                server, name = path_of(item).split("/")
                return _unquoted(server), _unquoted(name)
        return None

    def in_store(self, kind: str, store: str, name: str) -> tuple[str, str] | None:
        """Where a topic or group of current is in target: the store, and the name there."""
        for item in self.world.heirs.get(address(kind, store, name), ()):
            if kind_of(item) == kind and item in self.goal:
                server, path = path_of(item).split("/")
                return _unquoted(server), _unquoted(path)
        return None

    # ------------------------------------------------------------------ routes and ports

    def routes_of(self, own: str) -> tuple[Route, ...]:
        """The routes of target that the route of current under ``own`` became."""
        found = [self.goal.get(item) for item in self.world.heirs.get(own, ())]
        return tuple(route for route in found if isinstance(route, Route))

    @cached_property
    def route_sources(self) -> dict[str, tuple[Route, ...]]:
        """The routes of current that became one of target, by its address."""
        found: dict[str, list[Route]] = defaultdict(list)
        for route in self.current.routes:
            for heir in self.routes_of(route_address(route)):
                found[route_address(heir)].append(route)
        return {own: tuple(items) for own, items in found.items()}

    def servers_at_start(self, own: str) -> frozenset[str]:
        """The services that serve, in current, the route under ``own`` or those that become it."""
        there = self.world.start.get(own)
        found = (there,) if isinstance(there, Route) else self.route_sources.get(own, ())
        return frozenset(backend.service for route in found for backend in route.backends)

    def port_heir(self, old: str, port: str) -> Port | None:
        """The port of target that serves what a port of an old service did."""
        for item in self.world.heirs.get(address("port", old, port), ()):
            found = self.goal.get(item)
            if isinstance(found, Port):
                return found
        return None

    def port_number(self, old: str, number: int | None) -> int | None:
        """The number under which the heir serves what the old service served under ``number``."""
        service = self.current.service.get(old)
        if number is None or service is None:
            return number
        port = next((item for item in service.ports if item.port == number), None)
        heir = self.port_heir(old, port.name) if port else None
        return heir.port if heir else number

    def backend_port(self, route: Route, old: str, port: str, new: str) -> str:
        """The port at which the heir ``new`` serves ``route``, which ``old`` serves at ``port``."""
        own = route_address(route)
        heirs = (*self.routes_of(own), *self._goal_route(own))
        wanted = [backend.port for heir in heirs for backend in heir.backends if backend.service == new]
        found = self.port_heir(old, port)
        likely = found.name if found else port
        return likely if likely in wanted or not wanted else wanted[0]

    def _goal_route(self, own: str) -> Iterator[Route]:
        found = self.goal.get(own)
        if isinstance(found, Route):
            yield found

    # ------------------------------------------------------------------ what stands in between

    def dark(self, service: Service) -> Service:
        """A service of target while nobody uses it: no autoscaling, no budget, no tier, no second names."""
        from novaplan.topology.service import Startup

        return replace(service, autoscaling=None, disruption_budget=None, startup=Startup(), aliases=())

    def known(self, names: Iterable[str], services: Iterable[str]) -> tuple[str, ...]:
        """``names`` as far as they are among ``services``."""
        there = set(services)
        return tuple(name for name in names if name in there)


def with_server(edge: Dependency, heir: Dependency) -> Dependency:
    """``edge`` of an old client, led to what ``heir`` uses."""
    return replace(
        edge,
        server=heir.server,
        database=heir.database,
        schemas=heir.schemas,
        logical_db=heir.logical_db,
        key_prefixes=heir.key_prefixes if edge.logical_db is not None else edge.key_prefixes,
        topic=heir.topic,
        group=heir.group,
    )


def together(edge: Dependency, other: Dependency | None) -> Dependency:
    """Two edges of one address as one: as sure as the surer one, with the larger pool."""
    if other is None or dependency_address(edge) != dependency_address(other):
        return edge
    pools = [item.pool for item in (edge, other) if item.pool is not None]
    return replace(
        edge,
        possible=edge.possible and other.possible,
        optional=edge.optional and other.optional,
        pool=max(pools, key=lambda pool: pool.max) if pools else None,
        schemas=tuple(sorted({*edge.schemas, *other.schemas})) if edge.schemas and other.schemas else (),
        key_prefixes=tuple(sorted({*edge.key_prefixes, *other.key_prefixes}))
        if edge.key_prefixes and other.key_prefixes
        else (),
    )


def _unquoted(name: str) -> str:
    return name.replace("%2F", "/").replace("%25", "%")


def _depth_first(names: Iterable[str], next_of: object) -> list[str]:
    assert callable(next_of)
    found: dict[str, None] = {}
    for start in sorted(names):
        stack = [(start, iter(next_of(start)))]
        open_ = {start}
        while stack:
            name, rest = stack[-1]
            if name in found:
                stack.pop()
                continue
            following = next((item for item in rest if item not in found and item not in open_), None)
            if following is None:
                found[name] = None
                stack.pop()
            else:
                open_.add(following)
                stack.append((following, iter(next_of(following))))
    return list(found)
