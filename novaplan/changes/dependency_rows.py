"""What a client needs, and what became of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from novaplan.changes import wording
from novaplan.changes.fields import shown
from novaplan.changes.model import Change, Diff
from novaplan.changes.sections import listed, rows
from novaplan.topology.parts import address
from novaplan.topology.wiring import Dependency

_ENDS = ("server", "mode", "database", "logical_db", "topic", "group")
"""What tells where an edge leads; ``server`` first."""


def dependency_rows(changes: Sequence[Change], diff: Diff) -> Iterator[tuple[str, str]]:
    """What a client needs, by what it needs it for; then what it needs no longer."""
    lines: dict[str, list[str]] = {"databases": [], "logical DBs": [], "messages": [], "calls": [], "no longer": []}
    plain: list[str] = []
    for change in changes:
        edge = change.after or change.before[0]
        if change.action == "internal" or not isinstance(edge, Dependency):
            continue
        notes = _edge_notes(change, diff)
        text = f"{_edge(edge)}{': ' if notes else ''}{'; '.join(notes)}"
        if change.after is None:
            reason = f": {change.reason}" if change.reason else ""
            lines["no longer"].append(f"{edge.client} {_edge(edge)}{reason}")
        elif edge.database or (edge.logical_db is None and edge.mode in ("reads", "writes")):
            lines["databases"].append(text)
        elif edge.logical_db is not None:
            lines["logical DBs"].append(text)
        elif edge.topic or edge.mode in ("publishes", "consumes"):
            lines["messages"].append(text)
        elif notes:
            lines["calls"].append(text)
        else:
            plain.append(_edge(edge))
    if plain:
        lines["calls"].append(listed(plain, 8))
    for label, found in lines.items():
        yield from rows(label, found)


def _edge(edge: Dependency) -> str:
    verb = "" if edge.mode == "calls" else f"{edge.mode} "
    part = edge.database or edge.topic
    tail = f"/{part}" if part else "" if edge.logical_db is None else f" DB {edge.logical_db}"
    port = f":{edge.port}" if edge.port and edge.mode == "calls" else ""
    return f"{verb}{edge.server}{tail}{port}" + (f" group {edge.group}" if edge.group else "")


def _edge_notes(change: Change, diff: Diff) -> list[str]:
    if not change.sources:
        return ["new"]
    now = change.after
    edges = [edge for edge in change.before if isinstance(edge, Dependency)]
    if not isinstance(now, Dependency):
        return []
    notes = [f"from {listed(dict.fromkeys(edge.client for edge in edges))}"] if change.action == "merge" else []
    was = list(dict.fromkeys(_edge(edge) for edge in edges if _elsewhere(edge, now, diff)))
    if was:
        notes.append(f"was {', '.join(was)}")
    pools, pool = [edge.pool.max for edge in edges if edge.pool], now.pool.max if now.pool else None
    if pools != ([] if pool is None else [pool]):
        notes.append(f"pool {wording.terms(pools) or 'none'} -> {shown(pool)}")
    return notes + wording.field_lines(change, ("client", *_ENDS, "pool.max"))


def _elsewhere(before: Dependency, after: Dependency, diff: Diff) -> bool:
    """Whether a client turned to something else; a service that only has another name now is none."""
    server = diff.whereabouts.get(address("service", before.server))
    if server is not None and after.server in server.into:
        return any(getattr(before, end) != getattr(after, end) for end in _ENDS[1:])
    return any(getattr(before, end) != getattr(after, end) for end in _ENDS)
