"""What the meeting wants to know first: a few figures, and what becomes of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from novaplan.capacity.connections import ServerConnections
from novaplan.changes.model import Diff
from novaplan.changes.summary import Pair
from novaplan.topology.parts import address


class Tile(NamedTuple):
    """One figure: before and after, or one value alone."""

    label: str
    after: str
    before: str = ""
    note: str = ""


class Heir(NamedTuple):
    """A component of the target and what it was made from."""

    kind: str
    name: str
    word: str
    """``merged``, ``renamed``, ``changed``, ``new``, ``unchanged``."""
    sources: tuple[str, ...]
    optional: bool
    description: str


class Gone(NamedTuple):
    """A component that the target no longer has."""

    kind: str
    name: str
    reason: str


def tiles(diff: Diff) -> Iterator[Tile]:
    """How many there are of the components that a person counts."""
    summary = diff.summary
    available = summary.highly_available_datastores
    for label, pair, note in (
        ("services", summary.services, f"{summary.optional_services.target} optional"),
        ("datastores", summary.datastores, f"{available.current} → {available.target} highly available"),
        ("dependencies", summary.dependencies, f"{summary.internal_dependencies} calls become internal"),
        ("pods", summary.pods, "at the current replicas"),
    ):
        yield Tile(label, str(pair.target), _before(pair), note)


def _before(pair: Pair) -> str:
    return str(pair.current) if pair.changed else ""


def connections_tile(sides: Sequence[Sequence[ServerConnections]]) -> Tile:
    """How many servers do not take what their clients may open."""
    before, after = (sum(item.verdict == "does not hold" for item in found) for found in sides)
    return Tile("servers short of connections", str(after), str(before) if before != after else "", "at the most pods")


def heirs(diff: Diff) -> list[Heir]:
    """Every service, datastore and external of the target, services first, those that merge most before the others."""
    changed = {change.address for change in diff.changes}
    found = []
    for kind, items in (
        ("service", diff.target.services),
        ("datastore", diff.target.datastores),
        ("external", diff.target.externals),
    ):
        sources: dict[str, list[str]] = defaultdict(list)
        for name, where in diff.fates(kind).items():
            for into in where.into:
                sources[into].append(name)
        own = [
            Heir(
                kind,
                item.name,
                _word(item.name, sources[item.name], address(kind, item.name) in changed),
                tuple(sources[item.name]),
                item.optional,
                item.description,
            )
            for item in items
        ]
        found += sorted(own, key=lambda heir: (-len(heir.sources), heir.word == "unchanged"))
    return found


def _word(name: str, sources: Sequence[str], changed: bool) -> str:
    if len(sources) > 1:
        return "merged"
    if not sources:
        return "new"
    if sources[0] != name:
        return "renamed"
    return "changed" if changed else "unchanged"


def gone(diff: Diff) -> list[Gone]:
    """What goes without an heir."""
    return [
        Gone(kind, name, where.reason)
        for kind in ("service", "datastore", "external")
        for name, where in diff.fates(kind).items()
        if not where.into
    ]
