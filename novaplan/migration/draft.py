"""A plan in the making: the state that the steps so far lead to, and the steps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace as with_fields
from typing import TypeVar

from novaplan.errors import PlanRefused
from novaplan.migration.edits import Edit, Value, put, remove, set_fields
from novaplan.migration.effort import Efforts
from novaplan.migration.facts import is_consumption
from novaplan.migration.heritage import Heritage
from novaplan.migration.home import Home
from novaplan.migration.rollout import Rollout
from novaplan.migration.step import Action, Gate, Risk, Step
from novaplan.migration.steps import Kind
from novaplan.migration.texts import in_words
from novaplan.migration.world import World
from novaplan.topology.base import Model
from novaplan.topology.parts import SYSTEM, address, dependency_address, parent_of, quote, split
from novaplan.topology.service import Service
from novaplan.topology.wiring import Dependency, Route, SecretKey

M = TypeVar("M", bound=Model)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
"""What no id holds; only the name of a system may have it."""


class State:
    """Parts by address, with the look-ups that planning needs."""

    def __init__(self, parts: Mapping[str, Value]) -> None:
        self.parts: dict[str, Value] = {}
        self._of: dict[str, dict[str, None]] = defaultdict(dict)
        self._to: dict[str, dict[str, None]] = defaultdict(dict)
        self._inside: dict[str, dict[str, None]] = defaultdict(dict)
        self._routes: dict[str, dict[str, None]] = defaultdict(dict)
        for own, part in parts.items():
            self._set(own, part)

    def apply(self, edit: Edit) -> None:
        """Make one edit."""
        before = self.parts.get(edit.address)
        after = edit.applied(before)
        if before is not None:
            self._unset(edit.address, before)
        if after is not None:
            self._set(edit.address, after)

    def _set(self, own: str, part: Value) -> None:
        self.parts[own] = part
        for index, key in self._keys(own, part):
            index[key][own] = None

    def _unset(self, own: str, part: Value) -> None:
        del self.parts[own]
        for index, key in self._keys(own, part):
            index[key].pop(own, None)

    def _keys(self, own: str, part: Value) -> Iterable[tuple[dict[str, dict[str, None]], str]]:
        if isinstance(part, Dependency):
            yield self._of, part.client
            yield self._to, part.server
        elif isinstance(part, Route):
            for name in {backend.service for backend in part.backends}:
                yield self._routes, name
        elif own != SYSTEM and (inside := parent_of(own)) != SYSTEM:
            yield self._inside, inside

    def part(self, own: str, kind: type[M]) -> M | None:
        """The part under ``own`` if it is of the type ``kind``."""
        found = self.parts.get(own)
        return found if isinstance(found, kind) else None

    def edges_of(self, client: str) -> list[Dependency]:
        """What ``client`` depends on."""
        return self._edges(self._of[client])

    def edges_to(self, server: str) -> list[Dependency]:
        """Who depends on ``server``, and how."""
        return self._edges(self._to[server])

    def _edges(self, owns: Iterable[str]) -> list[Dependency]:
        return [edge for own in sorted(owns) if isinstance(edge := self.parts[own], Dependency)]

    def routes_to(self, service: str) -> list[tuple[str, Route]]:
        """Routes with ``service`` among their backends, by address."""
        return [(own, route) for own in sorted(self._routes[service]) if isinstance(route := self.parts[own], Route)]

    def inside(self, own: str) -> list[str]:
        """Addresses of the parts in the part under ``own``, and of the parts in those."""
        found = []
        for child in sorted(self._inside[own]):
            found += [child, *self.inside(child)]
        return found

    def exists(self, name: str) -> bool:
        """Whether a service, datastore or external is called so."""
        return any(address(kind, name) in self.parts for kind in ("service", "datastore", "external"))


class Draft:
    """What the kinds of steps work on: each reads ``state`` and ``goal`` and adds its steps."""

    def __init__(self, world: World, rollout: Rollout, efforts: Efforts) -> None:
        self.world, self.rollout, self.efforts = world, rollout, efforts
        self.current, self.target = world.current, world.target
        self.heritage = Heritage(world)
        self.home = Home(world)
        self.goal: dict[str, Model] = self.heritage.goal
        self.start: dict[str, Model] = split(world.current)
        self.state = State(self.start)
        self.steps: list[Step] = []
        self.ready: dict[str, str] = {}
        """For each datastore the step after which it takes more clients."""
        self.moves: dict[str, list[str]] = defaultdict(list)
        """For each client the steps that move the data it uses."""
        self.secret_keys: dict[str, list[str]] = defaultdict(list)
        """Keys of secrets of either side, by what they open in current."""
        for own, part in self.start.items():
            if isinstance(part, SecretKey) and part.opens is not None:
                self.secret_keys[part.opens].append(own)
        self.place_of: dict[str, str] = {}
        """Where an edge of current is now, by its address in current, if it was led elsewhere."""
        self.last_move: dict[str, str] = {}
        """The latest step that moves data of a store: one moves at a time."""
        self._ids: set[str] = set()
        self.kind: Kind | None = None

    def add(
        self,
        *subject: str | int,
        title: str,
        stages: Iterable[Iterable[Edit]] = ((),),
        units: Mapping[str, int] | None = None,
        establishes: tuple[str, ...] = (),
        after: Iterable[str] = (),
        touches: Iterable[str] = (),
        preconditions: tuple[str, ...] = (),
        actions: Iterable[Action] = (),
        gates: Iterable[Gate] = (),
        rollback: Iterable[Action] = (),
        reversible: bool = True,
        undone_until: str = "",
        bake: int = 0,
        risk: Risk = "low",
    ) -> str:
        """Add a step of the kind at work and make its edits; gives its id. Raises PlanRefused when there is one of that
        name already."""
        kind = self.kind
        assert kind is not None
        names = tuple(dict.fromkeys(touches))
        step = Step(
            id=self._called(kind.name, *subject),
            kind=kind.name,
            phase=kind.phase,
            title=title,
            stages=tuple(tuple(stage) for stage in stages),
            establishes=establishes,
            after=tuple(dict.fromkeys(after)),
            touches=names,
            actions=tuple(map(self.home.action, actions)),
            gates=tuple(map(self.home.gate, gates)),
            rollback=tuple(map(self.home.action, rollback)),
            reversible=reversible,
            undone_until=undone_until,
            effort=self.efforts.of(kind.name, units or {}),
            bake_milliseconds=bake,
            risk=risk,
            watch=self.watchers(names),
            theme=self.efforts.theme_of(kind.name),
        )
        return self._proposed(step, kind.requires_of(step, self.world), preconditions)

    def _called(self, *words: str | int) -> str:
        name = "/".join(_BLANK.sub("-", quote(str(word))) for word in words)
        if name in self._ids:
            raise PlanRefused(f"two steps would be called {name}, as parts of the two systems are; rename one of them")
        self._ids.add(name)
        return name

    def _proposed(self, step: Step, requires: tuple[str, ...], preconditions: tuple[str, ...]) -> str:
        said = (*(in_words(item) for item in requires), *preconditions)
        step = with_fields(step, requires=requires, preconditions=said)
        for edit in step.edits:
            self.state.apply(edit)
        self.steps.append(step)
        return step.id

    def watchers(self, names: Iterable[str]) -> tuple[str, ...]:
        """The teams of the services among ``names``."""
        teams = set()
        for name in names:
            for side in (self.current, self.target):
                service = side.service.get(name)
                if service is not None and service.team:
                    teams.add(f"team {service.team}")
        return ("on-call engineer", *sorted(teams))

    # ------------------------------------------------------------------ edits

    def towards(self, own: str, *, leave: Iterable[str] = ()) -> list[Edit]:
        """The edit that makes the part under ``own`` what it is in target, but for the fields ``leave``."""
        wanted, there = self.goal.get(own), self.state.parts.get(own)
        if wanted is None:
            return [] if there is None else [remove(own)]
        if not isinstance(there, Model):
            return [put(own, wanted)]
        kept = set(leave)
        changed = {
            name: getattr(wanted, name)
            for name in type(wanted).model_fields
            if name not in kept and getattr(wanted, name) != getattr(there, name)
        }
        return [set_fields(own, **changed)] if changed else []

    def connecting(self, name: str) -> list[Edit]:
        """Edges of target that have ``name`` at one end, whose client is new, and both ends of which are there."""
        edits = []
        known = {name}
        for edge in self.goal_edges(name):
            own = dependency_address(edge)
            client_is_new = edge.client not in self.current.service and edge.client not in self.current.datastore
            if own in self.state.parts or not client_is_new or self.is_consumption(edge):
                continue
            if all(end in known or self.state.exists(end) for end in (edge.client, edge.server)):
                edits.append(put(own, edge))
        return edits

    def is_consumption(self, edge: Dependency) -> bool:
        """Whether a service takes messages over it; that is handed over by itself."""
        return is_consumption(self.world, edge)

    def edges_at_start(self, name: str) -> list[Dependency]:
        """Edges of current whose server is ``name``."""
        if not hasattr(self, "_by_server"):
            self._by_server: dict[str, list[Dependency]] = defaultdict(list)
            for edge in self.current.dependencies:
                self._by_server[edge.server].append(edge)
        return self._by_server.get(name, [])

    def goal_edges(self, name: str) -> list[Dependency]:
        """Edges of target at ``name``."""
        return self._goal_edges.get(name, [])

    @property
    def _goal_edges(self) -> dict[str, list[Dependency]]:
        if not hasattr(self, "_by_end"):
            self._by_end: dict[str, list[Dependency]] = defaultdict(list)
            for edge in self.target.dependencies:
                self._by_end[edge.client].append(edge)
                self._by_end[edge.server].append(edge)
        return self._by_end

    def whole(self, own: str) -> list[Edit]:
        """Edits that put a part of target with everything in it, as far as it is not there."""
        found = [put(own, self.goal[own])] if own not in self.state.parts else []
        found += [put(child, self.goal[child]) for child in self.inside_goal(own) if child not in self.state.parts]
        return found

    def inside_goal(self, own: str) -> list[str]:
        """Addresses of the parts of target in the part under ``own``, and of the parts in those."""
        if not hasattr(self, "_goal_inside"):
            self._goal_inside: dict[str, list[str]] = defaultdict(list)
            for child in self.goal:
                if child != SYSTEM:
                    self._goal_inside[parent_of(child)].append(child)
        found = []
        for child in sorted(self._goal_inside[own]):
            found += [child, *self.inside_goal(child)]
        return found

    def now_at(self, own: str) -> Dependency | None:
        """What became of an edge of current so far."""
        return self.state.part(self.place_of.get(own, own), Dependency)

    def moved(self, stores: Iterable[str], clients: Iterable[str], step: str) -> None:
        """Note a step that moves data between ``stores``, which ``clients`` use."""
        for store in stores:
            self.last_move[store] = step
        for client in clients:
            self.moves[self.world.heir(client)].append(step)

    def before_moving(self, *stores: str) -> list[str]:
        """The steps that a move of data between ``stores`` waits for."""
        found = [self.ready[store] for store in stores if store in self.ready]
        return found + [self.last_move[store] for store in stores if store in self.last_move]

    # ------------------------------------------------------------------ who is who

    def owner_now(self, owner: str | None) -> str | None:
        """Who stands in for an owner of target while it is not there: the first of those it takes over from."""
        if owner is None or address("service", owner) in self.state.parts:
            return owner
        olds = [old for old in self.world.sources.get(owner, ()) if address("service", old) in self.state.parts]
        return olds[0] if olds else None

    def service(self, name: str) -> Service:
        """A service of the state, or else of target, or else of current."""
        return self.state.part(address("service", name), Service) or (
            self.target.service.get(name) or self.current.service[name]
        )
