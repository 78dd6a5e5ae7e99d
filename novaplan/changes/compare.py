"""What differs between two topologies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from novaplan.changes import fields
from novaplan.changes.model import ACTIONS, Action, Basis, Change, Diff, FieldChange, Whereabouts
from novaplan.garbage import uncollected
from novaplan.topology.base import Model
from novaplan.topology.lineage import Fate, Heir
from novaplan.topology.parts import KINDS, SYSTEM, address, kind_of, path_of, split
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

Parts = Mapping[str, Model]

_KIND_ORDER = {kind: position for position, kind in enumerate((kind_of(SYSTEM), *KINDS))}
_ACTION_ORDER = {action: position for position, action in enumerate(ACTIONS)}
_ROLE_ORDER = {role: rank for rank, role in enumerate(("core", "worker", "infrastructure", "wrapper", "gateway"))}
_IN_SERVICE = frozenset({"service", "container", "port", "flag", "volume", "env", "dependency"})


def diff(current: Topology, target: Topology) -> Diff:
    """Every change that leads from ``current`` to ``target``.

    Where the target's lineage speaks of ``current``, it says what became what; otherwise parts are the same when their
    addresses are. Provenance is no change.
    """
    with uncollected():
        return _diff(current, target)


def _diff(current: Topology, target: Topology) -> Diff:
    basis = _basis(current, target)
    before, after = split(current), split(target)
    heirs = {}
    if basis != "none" and current.digest != target.digest and target.lineage is not None:
        heirs = {heir.part: heir for heir in target.lineage.parts}
    into = _trace(before, after, heirs)
    sources = _sources(into, _leading(current))
    changes = [*_arrived(before, after, sources, heirs), *_gone(before, after, into, heirs)]
    changes.sort(key=lambda item: (_KIND_ORDER[item.kind], _ACTION_ORDER[item.action], item.address))
    whereabouts = {own: _whereabouts(own, into, sources, heirs, after) for own in before}
    carried = _carried(before, after, changes)
    return Diff(current, target, tuple(changes), basis, whereabouts, carried)


def _basis(current: Topology, target: Topology) -> Basis:
    lineage = target.lineage
    if lineage is None:
        return "none"
    if lineage.digest == current.digest:
        return "exact"
    # Two topologies made from one source are siblings: what became of that source says nothing about them.
    siblings = current.lineage is not None and current.lineage.source == lineage.source
    return "stale" if lineage.source == current.name and not siblings else "none"


def _trace(before: Parts, after: Parts, heirs: Mapping[str, Heir]) -> dict[str, tuple[str, ...]]:
    """For every part of current, the parts of the same kind it became.

    A part the lineage does not lead anywhere keeps its address, unless the lineage gave that to another part.
    """
    into = {own: _continuations(own, after, heirs.get(own)) for own in before}
    claimed = {found for continuations in into.values() for found in continuations}
    for own, continuations in into.items():
        if not continuations and own in after and (own not in heirs or own not in claimed):
            into[own] = (own,)
    return into


def _continuations(own: str, after: Parts, heir: Heir | None) -> tuple[str, ...]:
    if heir is None:
        return ()
    kind = kind_of(own)
    return tuple(dict.fromkeys([found for found in heir.into if found in after and kind_of(found) == kind]))


def _sources(
    into: Mapping[str, tuple[str, ...]], leading: Callable[[str], tuple[int, str]]
) -> dict[str, tuple[str, ...]]:
    """For every part of target, the parts of current it was made from: the one with its address first, then those of
    services with logic of their own."""
    found: dict[str, list[str]] = defaultdict(list)
    for own, continuations in into.items():
        for target in continuations:
            found[target].append(own)

    def order(target: str) -> Callable[[str], tuple[bool, int, str, str]]:
        return lambda own: (own != target, *leading(own), own)

    return {
        target: tuple(sorted(items, key=order(target)) if len(items) > 1 else items) for target, items in found.items()
    }


def _leading(current: Topology) -> Callable[[str], tuple[int, str]]:
    """Sorts parts by the service they belong to: services that own logic lead a merge, gateways come last."""
    ranks = {service.name: _ROLE_ORDER[service.role] for service in current.services}

    def rank(own: str) -> tuple[int, str]:
        if kind_of(own) not in _IN_SERVICE:
            return (0, "")
        name = path_of(own).partition("/")[0].partition("->")[0]
        return (ranks.get(name, 0), name)

    return rank


def _arrived(
    before: Parts, after: Parts, sources: Mapping[str, tuple[str, ...]], heirs: Mapping[str, Heir]
) -> Iterator[Change]:
    for own, part in after.items():
        origins = sources.get(own, ())
        models = tuple([before[origin] for origin in origins])
        found = _fields(origins, models, part)
        action: Action = "create"
        if len(origins) > 1:
            action = "merge"
        elif origins:
            action = "update" if origins[0] == own else "move"
        if action != "update" or found:
            reasons = dict.fromkeys([heirs[origin].reason for origin in origins if origin in heirs])
            reason = "; ".join(filter(None, reasons))
            yield Change(action, kind_of(own), own, origins, found, reason, before=models, after=part)


def _fields(origins: tuple[str, ...], models: tuple[Model, ...], part: Model) -> tuple[FieldChange, ...]:
    if len(models) < 2:
        found = fields.differences(models[0], part) if models else fields.stated(part)
        return tuple([FieldChange(path, old, new, unit) for path, unit, old, new in found])
    differing = {path: unit for model in models for path, unit, _, _ in fields.differences(model, part)}
    order = {name: position for position, name in enumerate(fields.names(type(part)))}
    merged = []
    for path, unit in sorted(differing.items(), key=lambda entry: (order[entry[0].partition(".")[0]], entry[0])):
        values = tuple((origin, fields.value_at(model, path)) for origin, model in zip(origins, models, strict=True))
        merged.append(FieldChange(path, values[0][1], fields.value_at(part, path), unit, values))
    return tuple(merged)


def _gone(
    before: Parts, after: Parts, into: Mapping[str, tuple[str, ...]], heirs: Mapping[str, Heir]
) -> Iterator[Change]:
    for own, part in before.items():
        if into[own]:
            continue
        heir = heirs.get(own)
        took_over = tuple(found for found in heir.into if found in after) if heir else ()
        action: Action = "delete"
        if isinstance(part, Dependency):
            inside = _common_service(part, into)
            if (heir is not None and heir.fate == "internal") or (heir is None and inside):
                action = "internal"
                took_over = took_over or inside
        found = tuple(FieldChange(path, new, None, unit) for path, unit, _, new in fields.stated(part))
        reason = heir.reason if heir else ""
        yield Change(action, kind_of(own), own, (own,), found, reason, took_over, before=(part,))


def _common_service(edge: Dependency, into: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The services of target that both ends of an edge became part of."""
    client, server = (into.get(address("service", name), ()) for name in (edge.client, edge.server))
    return tuple(found for found in client if found in server)


def _whereabouts(
    own: str,
    into: Mapping[str, tuple[str, ...]],
    sources: Mapping[str, tuple[str, ...]],
    heirs: Mapping[str, Heir],
    after: Parts,
) -> Whereabouts:
    continuations = into[own]
    heir = heirs.get(own)
    fate: Fate = "kept" if continuations == (own,) else "moved"
    if not continuations:
        fate = "internal" if heir is not None and heir.fate == "internal" else "retired"
        continuations = tuple([found for found in heir.into if found in after]) if heir else ()
    elif any(len(sources[found]) > 1 for found in continuations):
        fate = "absorbed"
    return Whereabouts(fate, tuple([path_of(found) for found in continuations]), heir.reason if heir else "")


def _carried(before: Parts, after: Parts, changes: list[Change]) -> dict[str, Model]:
    changed = {change.address for change in changes if change.after is not None}
    used = {source for change in changes for source in change.sources}
    kept = (own for own in after if own not in changed)
    return {own: after[own] for own in kept if own in used or before[own] != after[own]}
