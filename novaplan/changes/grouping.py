"""Which service or datastore each change belongs to, so that a reader finds together what moved together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from novaplan.changes.model import Change, Diff
from novaplan.topology.parts import address, kind_of, path_of
from novaplan.topology.wiring import Dependency, Route

IN_SERVICE = frozenset({"service", "container", "port", "flag", "volume", "env"})
IN_DATASTORE = frozenset({"datastore", "database", "schema", "logical-db", "topic", "consumer-group"})

ByKind = dict[str, list[Change]]


class Groups(NamedTuple):
    """The changes of a difference, sorted by what they belong to in target."""

    diff: Diff
    components: dict[str, ByKind]
    """By address of a service or datastore of target, then by kind."""
    retired: tuple[Change, ...]
    """What is gone and belongs to nothing that is left; what went with it is left out."""
    rest: ByKind
    """Everything that belongs to no component."""

    def of(self, component: str) -> Mapping[str, list[Change]]:
        """The changes of one component, by kind."""
        return self.components.get(component, {})


def group(diff: Diff) -> Groups:
    """Sort the changes of ``diff``."""
    components: dict[str, ByKind] = defaultdict(lambda: defaultdict(list))
    rest: ByKind = defaultdict(list)
    retired: list[Change] = []
    for change in diff.changes:
        for home in _homes(change, diff):
            components[home][change.kind].append(change)
        owner = _component(change, diff)
        if change.after is None and owner in ("", change.address) and not _homes(change, diff):
            retired.append(change)
        elif not owner:
            rest[change.kind].append(change)
    return Groups(diff, dict(components), tuple(retired), dict(rest))


def _homes(change: Change, diff: Diff) -> tuple[str, ...]:
    """The components of target that a change is told under."""
    if isinstance(change.after, Route):
        return tuple(address("service", name) for name in dict.fromkeys(item.service for item in change.after.backends))
    owner = _component(change, diff)
    if change.after is not None or not owner:
        return (owner,) if owner else ()
    found = diff.whereabouts.get(owner)
    return tuple(address(kind_of(owner), name) for name in found.into[:1]) if found else ()


def _component(change: Change, diff: Diff) -> str:
    """The service or datastore a part stands in: of target, or of current when the part is gone."""
    part, side = (change.before[0], diff.current) if change.after is None else (change.after, diff.target)
    if isinstance(part, Dependency):
        return address("service" if part.client in side.service else "datastore", part.client)
    for kind, inside in (("service", IN_SERVICE), ("datastore", IN_DATASTORE)):
        if change.kind in inside:
            return address(kind, path_of(change.address).partition("/")[0])
    return ""
