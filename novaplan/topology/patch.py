"""What one topology says and another does not, part by part.

A patch is taken between two topologies and put back (``patching``) into a third, which is the first one or what became
of it since: what was edited meanwhile stays edited, and what no longer fits is dropped and told. A difference is
something else: it is for people, knows lineage, and applies to exactly the topology it was taken from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from novaplan.topology.base import Model, replace
from novaplan.topology.parts import KINDS, SYSTEM, kind_of, parent_of, split
from novaplan.topology.system import PROVENANCE, Topology
from novaplan.topology.wiring import Dependency, Route

Fields = dict[str, Any]
"""By the name of a field what it was and what it becomes, ``[before, after]`` in the written form of a file with None
for what is not stated; or, under the name of a block, the same for the fields in it."""

RANK = {kind: rank for rank, kind in enumerate((kind_of(SYSTEM), *KINDS))}
"""Every kind of part; what others stand in goes first."""


@dataclass(frozen=True)
class Patch:
    """What to put back, by address."""

    added: Mapping[str, Model] = field(default_factory=dict)
    """Parts that were not there. To one that is there by now they add what it does not state."""
    changed: Mapping[str, Fields] = field(default_factory=dict)
    """Fields of parts that were there. Only a field that still is as it was before becomes what it was after. Where a
    part holds no others, those that its address is made of may be among them."""
    removed: frozenset[str] = frozenset()
    """Parts that should not be there; what stands in them goes with them."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def addresses(self) -> list[str]:
        """Every part it speaks of, what stands in others after them."""
        return sorted({*self.added, *self.changed, *self.removed}, key=lambda own: (RANK[kind_of(own)], own))

    def only(self, addresses: Iterable[str]) -> Patch:
        """The same for some parts alone."""
        wanted = list(addresses)
        return Patch(
            {own: self.added[own] for own in wanted if own in self.added},
            {own: self.changed[own] for own in wanted if own in self.changed},
            self.removed.intersection(wanted),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; ``records`` reads it back."""
        body = {
            "added": {own: plain(part) for own, part in sorted(self.added.items())},
            "changed": dict(sorted(self.changed.items())),
            "removed": sorted(self.removed),
        }
        return {name: value for name, value in body.items() if value}


def joined(patches: Iterable[Patch]) -> Patch:
    """All of them as one; of two that speak of one part, the later."""
    added: dict[str, Model] = {}
    changed: dict[str, Fields] = {}
    removed: set[str] = set()
    for patch in patches:
        added |= patch.added
        changed |= patch.changed
        removed |= patch.removed
    return Patch(added, changed, frozenset(removed))


def between(before: Topology, after: Topology) -> Patch:
    """What makes ``after`` of ``before``. Their lineage, and where they were written down, do not count."""
    old, new = split(before), split(after)
    added: dict[str, Model] = {}
    changed: dict[str, Fields] = {}
    for own, part in new.items():
        known = old.get(own)
        if known is None:
            added[own] = replace(part, **dict.fromkeys(provenance_of(part), ()))
        elif known != part and (fields := _differences(plain(known), plain(part))):
            changed[own] = fields
    gone = {own for own in old if own not in new}
    for own, other in _renamed({own: old[own] for own in gone}, added):
        gone.remove(own)
        changed[own] = _differences(plain(old[own]), plain(added.pop(other)))
    return Patch(added, changed, frozenset(own for own in gone if parent_of(own) not in gone))


def _renamed(gone: Mapping[str, Model], added: Mapping[str, Model]) -> Iterator[tuple[str, str]]:
    """Routes to the same services, and edges between the same two, under another address: what differs least first."""
    by_ends: dict[Any, list[str]] = defaultdict(list)
    for own in sorted(gone):
        if (ends := _ends(gone[own])) is not None:
            by_ends[ends].append(own)
    for other in sorted(added):
        candidates = by_ends.get(_ends(added[other]))
        if candidates:
            wanted = plain(added[other])
            nearest = min(candidates, key=lambda own: (len(_differences(plain(gone[own]), wanted)), own))
            candidates.remove(nearest)
            yield nearest, other


def _ends(part: Model) -> Any:
    """What a part connects that has no name; None for every other part."""
    if isinstance(part, Dependency):
        return part.client, part.server
    return part.backends if isinstance(part, Route) else None


def plain(part: Model) -> dict[str, Any]:
    """``part`` as a file holds it, without defaults and provenance."""
    return part.model_dump(mode="json", exclude_defaults=True, exclude=set(PROVENANCE))


def provenance_of(part: Model) -> frozenset[str]:
    """The fields of ``part`` that say where it was written down."""
    return PROVENANCE & type(part).model_fields.keys()


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Fields:
    found: Fields = {}
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if isinstance(was, dict) and isinstance(now, dict):
            if inner := _differences(was, now):
                found[name] = inner
        elif was != now or type(was) is not type(now):
            found[name] = [was, now]
    return found
