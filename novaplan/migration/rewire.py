"""Edges led elsewhere, several at once: what falls on one address becomes one edge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace as with_fields
from typing import TYPE_CHECKING

from novaplan.consolidation.hosts import Host, hosts, rename_hosts
from novaplan.migration.edits import Edit, put, remove, set_fields
from novaplan.migration.heritage import together
from novaplan.topology.parts import address, dependency_address, path_of
from novaplan.topology.service import EnvVar
from novaplan.topology.wiring import Dependency, SecretKey

if TYPE_CHECKING:
    from novaplan.migration.draft import Draft


class Rewire:
    """Collects edits of dependencies against the state of a draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.changed: dict[str, Dependency | None] = {}

    def now(self, own: str) -> Dependency | None:
        """The edge under ``own`` with the changes so far."""
        return self.changed[own] if own in self.changed else self.draft.state.part(own, Dependency)

    def drop(self, edge: Dependency) -> None:
        """The edge goes."""
        self.changed[dependency_address(edge)] = None

    def add(self, edge: Dependency) -> None:
        """The edge comes; one that target has at the same address is made as target has it."""
        own = dependency_address(edge)
        if edge.client == edge.server:
            return
        goal = self.draft.goal.get(own)
        if isinstance(goal, Dependency):
            self.changed[own] = goal
        else:
            self.changed[own] = together(edge, self.now(own))

    def lead(self, edge: Dependency, new: Dependency) -> None:
        """The edge becomes ``new``."""
        if dependency_address(edge) == dependency_address(new):
            self.changed[dependency_address(edge)] = new
            return
        old, place = dependency_address(edge), dependency_address(new)
        places = self.draft.place_of
        for own in [own for own, at in places.items() if at == old] or [old]:
            places[own] = place
        self.drop(edge)
        self.add(new)

    def edits(self) -> list[Edit]:
        """Those that change anything."""
        found = []
        for own, edge in sorted(self.changed.items()):
            before = self.draft.state.part(own, Dependency)
            if edge != before:
                found.append(remove(own) if edge is None else put(own, edge))
        return found

    @property
    def clients(self) -> tuple[str, ...]:
        """Whose edges change."""
        owns = [edit.address for edit in self.edits()]
        edges = (self.now(own) or self.draft.state.part(own, Dependency) for own in owns)
        return tuple(sorted({edge.client for edge in edges if edge is not None}))


def renamed_hosts(draft: Draft, clients: Iterable[str], old: str, new: str) -> list[Edit]:
    """Variables of ``clients`` that name the host ``old`` name ``new``; its namespace and port come from target."""
    space = next((item.namespace for item in draft.target.datastores if item.name == new), None)

    def rename(host: Host) -> Host:
        if host.name != old:
            return host
        return with_fields(host, name=new, namespace=space if host.namespace is not None else None)

    edits = []
    for client in clients:
        for kind in ("service", "datastore"):
            for own in draft.state.inside(address(kind, client)):
                variable = draft.state.part(own, EnvVar)
                if variable is not None and any(host.name == old for host in hosts(variable)):
                    edits.append(set_fields(own, value=rename_hosts(variable, rename).value))
    return edits


def reopened(draft: Draft, old: str, new: str) -> list[Edit]:
    """Keys of secrets that open what stands under ``old`` open ``new``."""
    found = []
    for own in draft.secret_keys.get(old, ()):
        key = draft.state.part(own, SecretKey)
        if key is not None and key.opens == old and old != new:
            found.append(set_fields(own, opens=new))
    return found


def names_of(own: str) -> list[str]:
    """The path of names in an address, without the quoting."""
    return [name.replace("%2F", "/").replace("%25", "%") for name in path_of(own).split("/")]
