"""Every state that a set of ordered steps can reach, without building any of them whole.

A state is a set of stages that are done. What stands under one address in it depends only on those stages that edit
that address, so a question that reads few addresses has few different answers, however many states there are. A
``View`` is one state; it notes what is read through it, and that tells which stages matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from novaplan.migration.edits import Edit, Value, fact, put
from novaplan.migration.order import Order, items_of, mask_of
from novaplan.migration.step import Step
from novaplan.topology.base import Model
from novaplan.topology.lineage import Lineage
from novaplan.topology.parts import SYSTEM, address, join, kind_of, model_of, path_of, split
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency, Route

if TYPE_CHECKING:
    from novaplan.migration.rollout import Rollout

M = TypeVar("M", bound=Model)

Read = str | tuple[str, str]
"""What a question looked at: a part by its address; or one field of it, the empty one for whether it is there."""


class World:
    """``steps`` in their order, from ``current``. Raises ``graphlib.CycleError`` when the order has a circle and
    KeyError when a step waits for one that is not there."""

    def __init__(self, current: Topology, target: Topology, steps: Sequence[Step], rollout: Rollout) -> None:
        self.current, self.target, self.steps, self.rollout = current, target, tuple(steps), rollout
        self.start: dict[str, Value] = dict(split(current))
        self.nodes: list[tuple[int, int]] = [
            (index, stage) for index, step in enumerate(self.steps) for stage in range(len(step.stages))
        ]
        """Stages by number: the number of the step, and which of its stages."""
        self.last: list[int] = []
        """For each step, the number of its last stage."""
        number = -1
        for step in self.steps:
            number += len(step.stages)
            self.last.append(number)
        self.position = {step.id: index for index, step in enumerate(self.steps)}
        self.order = Order(len(self.nodes), self._edges())
        self.edits: list[tuple[Edit, ...]] = [self._edits_of(node) for node in range(len(self.nodes))]
        self.writers: dict[str, list[int]] = defaultdict(list)
        """For each address, the stages that edit it, in order."""
        for node in self.order.sequence:
            for own in dict.fromkeys(edit.address for edit in self.edits[node]):
                self.writers[own].append(node)
        self._memory: dict[tuple[str, int], Value | None] = {}
        self._field_masks: dict[tuple[str, str], int] = {}

    def _edges(self) -> Iterator[tuple[int, int]]:
        first = 0
        for index, step in enumerate(self.steps):
            last = self.last[index]
            for node in range(first, last):
                yield node, node + 1
            for before in step.after:
                yield self.last[self.position[before]], first
            first = last + 1

    def _edits_of(self, node: int) -> tuple[Edit, ...]:
        index, stage = self.nodes[node]
        step = self.steps[index]
        if stage < len(step.stages) - 1:
            return step.stages[stage]
        return (*step.stages[stage], *(put(fact(name), True) for name in step.establishes))

    def first(self, index: int) -> int:
        """The number of the first stage of a step."""
        return self.last[index - 1] + 1 if index else 0

    def writers_mask(self, read: Read) -> int:
        """The stages that may change what was read, as bits."""
        if isinstance(read, str):
            return self._masks.get(read, 0)
        known = self._field_masks.get(read)
        if known is None:
            own, field = read
            known = self._field_masks[read] = mask_of(
                node
                for node in self.writers.get(own, ())
                if any(edit.address == own and (not edit.fields or field in edit.fields) for edit in self.edits[node])
            )
        return known

    @cached_property
    def _masks(self) -> dict[str, int]:
        return {own: mask_of(nodes) for own, nodes in self.writers.items()}

    def value(self, own: str, mask: int) -> Value | None:
        """What stands under ``own`` when the stages of ``mask`` are done."""
        done = mask & self._masks.get(own, 0)
        if not done:
            return self.start.get(own)
        key = (own, done)
        if key not in self._memory:
            value = self.start.get(own)
            for node in self.writers[own]:
                if done >> node & 1:
                    for edit in self.edits[node]:
                        if edit.address == own:
                            value = edit.applied(value)
            self._memory[key] = value
        return self._memory[key]

    # ------------------------------------------------------------------ what may ever be there

    @cached_property
    def universe(self) -> dict[str, tuple[str, ...]]:
        """Every address that some state may hold, by kind, in one order."""
        found: dict[str, list[str]] = defaultdict(list)
        for own in sorted(self.start.keys() | self.writers.keys()):
            found[kind_of(own)].append(own)
        return {kind: tuple(items) for kind, items in found.items()}

    def values(self, own: str) -> list[Value]:
        """Everything that may ever stand under ``own``, seen along the order of the plan."""
        found = [self.start[own]] if own in self.start else []
        mask = 0
        for node in self.writers.get(own, ()):
            mask |= 1 << node
            value = self.value(own, mask)
            if value is not None:
                found.append(value)
        return found

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Addresses that may ever stand inside a part, by that part's kind and name, as ``service:api``."""
        from novaplan.topology.parts import parent_of

        found: dict[str, list[str]] = defaultdict(list)
        for kind, items in self.universe.items():
            if kind in {"system", "fact"}:
                continue
            for own in items:
                parent = parent_of(own)
                if parent != SYSTEM:
                    found[parent].append(own)
        return {own: tuple(items) for own, items in found.items()}

    @cached_property
    def dependencies_of(self) -> dict[str, tuple[str, ...]]:
        """Addresses of dependencies that may ever be there, by client."""
        return self._dependencies_by("client")

    @cached_property
    def dependencies_to(self) -> dict[str, tuple[str, ...]]:
        """Addresses of dependencies that may ever be there, by server."""
        return self._dependencies_by("server")

    def _dependencies_by(self, end: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for own in self.universe.get("dependency", ()):
            for name in dict.fromkeys(getattr(value, end) for value in self.values(own)):
                found[name].append(own)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def routes_to(self) -> dict[str, tuple[str, ...]]:
        """Addresses of routes that may ever reach a service, by its name."""
        found: dict[str, list[str]] = defaultdict(list)
        for own in self.universe.get("route", ()):
            values = cast("list[Route]", self.values(own))
            for name in dict.fromkeys(backend.service for route in values for backend in route.backends):
                found[name].append(own)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def heirs(self) -> dict[str, tuple[str, ...]]:
        """What each part of current became, by address, as the target's lineage records it; a part that it does not
        name and that target has too became itself."""
        lineage = self.target.lineage or Lineage(source="", digest="")
        found = {heir.part: heir.into for heir in lineage.parts if heir.part in self.start}
        for own in self.wanted:
            if own in self.start and own not in found:
                found[own] = (own,)
        return found

    @cached_property
    def came_from(self) -> dict[str, tuple[str, ...]]:
        """Addresses in current of what became the part under an address; a part of current also came from itself."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for old, heirs in self.heirs.items():
            for own in (old, *heirs):
                found[own][old] = None
        return {own: tuple(olds) for own, olds in found.items()}

    def heir(self, service: str) -> str:
        """The service of target that a service of current became; its own name for one that is none of current's or
        has no heir."""
        into = [own for own in self.heirs.get(address("service", service), ()) if kind_of(own) == "service"]
        return path_of(into[0]) if into else service

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """The services of current that a service of target came from, by its name."""
        found: dict[str, list[str]] = defaultdict(list)
        for service in self.current.services:
            found[self.heir(service.name)].append(service.name)
        return {name: tuple(items) for name, items in found.items() if name in self.target.service}

    @cached_property
    def driven(self) -> frozenset[str]:
        """Components that a route, a call or a topic reaches in current or in target. All others work by themselves."""
        found: set[str] = set()
        for side in (self.current, self.target):
            found.update(backend.service for route in side.routes for backend in route.backends)
            found.update(edge.server for edge in side.dependencies if edge.mode == "calls")
            found.update(edge.client for edge in side.dependencies if edge.mode == "consumes")
        return frozenset(found)

    @cached_property
    def wanted(self) -> dict[str, Model]:
        """The parts of target."""
        return split(self.target)

    # ------------------------------------------------------------------ whole states

    def view(self, mask: int) -> View:
        """The state in which the stages of ``mask`` are done."""
        return View(self, mask)

    def done(self, mask: int) -> tuple[str, ...]:
        """Ids of the steps of which a stage is done in ``mask``, in the order of the plan; a step that is under way is
        marked so."""
        found = []
        for node in sorted(items_of(mask), key=self.order.rank.__getitem__):
            index, stage = self.nodes[node]
            step = self.steps[index]
            if stage == len(step.stages) - 1:
                found.append(step.id)
            elif not mask >> (node + 1) & 1:
                found.append(f"{step.id} (under way)")
        return tuple(found)

    def parts(self, mask: int) -> dict[str, Model]:
        """Every part of the state in which the stages of ``mask`` are done, facts left out."""
        found = {own: value for own, value in self.start.items() if own not in self.writers}
        for own in self.writers:
            value = self.value(own, mask)
            if value is not None:
                found[own] = value
        return cast("dict[str, Model]", {own: value for own, value in found.items() if kind_of(own) != "fact"})

    def topology(self, mask: int) -> Topology:
        """That state as a topology, without lineage. Raises what ``join`` raises when its parts do not fit."""
        return join(self.parts(mask))

    @cached_property
    def everything(self) -> int:
        """All stages done."""
        return (1 << len(self.nodes)) - 1


class View:
    """One state, seen by one question; ``reads`` are the addresses that were looked at."""

    __slots__ = ("mask", "reads", "world")

    def __init__(self, world: World, mask: int) -> None:
        self.world, self.mask = world, mask
        self.reads: set[Read] = set()

    def part(self, own: str, kind: type[M]) -> M | None:
        """The part under ``own``, which is of the type ``kind``; None when it is not there."""
        self.reads.add(own)
        value = self.world.value(own, self.mask)
        return value if isinstance(value, kind) else None

    def has(self, own: str) -> bool:
        """Whether there is a part, or a fact, under ``own``."""
        read = (own, "")
        self.reads.add(read)
        return self.world.value(own, self.mask & self.world.writers_mask(read)) is not None

    def some(self, own: str, kind: type[M], *fields: str) -> M | None:
        """The part under ``own`` as ``part`` gives it, of which no fields but these will be looked at. Steps that
        change the others make no difference then."""
        mask = 0
        for field in fields:
            read = (own, field)
            self.reads.add(read)
            mask |= self.world.writers_mask(read)
        value = self.world.value(own, self.mask & mask)
        return value if isinstance(value, kind) else None

    def known(self, name: str) -> bool:
        """Whether the fact ``name`` is established."""
        return self.has(fact(name))

    def children(self, own: str, kind: type[M]) -> list[M]:
        """The parts of type ``kind`` inside the part under ``own``."""
        children = self.world.children.get(own, ())
        found = (self.part(child, kind) for child in children if model_of(kind_of(child)) is kind)
        return [part for part in found if part is not None]

    def dependencies_of(self, client: str) -> list[Dependency]:
        """What ``client`` depends on."""
        return self._dependencies(self.world.dependencies_of.get(client, ()))

    def dependencies_to(self, server: str) -> list[Dependency]:
        """Who depends on ``server``, and how."""
        return self._dependencies(self.world.dependencies_to.get(server, ()))

    def _dependencies(self, addresses: Sequence[str]) -> list[Dependency]:
        found = (self.part(own, Dependency) for own in addresses)
        return [edge for edge in found if edge is not None]

    def routes_to(self, service: str) -> list[Route]:
        """Routes with ``service`` among their backends."""
        found = (self.part(own, Route) for own in self.world.routes_to.get(service, ()))
        return [route for route in found if route and any(item.service == service for item in route.backends)]
