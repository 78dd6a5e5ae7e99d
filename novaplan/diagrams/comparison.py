"""Two topologies in one picture: what was on the left, what becomes of it on the right, and the lineage between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap

from novaplan.changes.compare import diff
from novaplan.changes.model import Diff, Whereabouts
from novaplan.diagrams.folding import fold, hubs
from novaplan.diagrams.picture import Arrow, Box, Group, Picture, State
from novaplan.diagrams.system import States, View, arrows_of, boxes_of, grouped, identifier, visible
from novaplan.topology.datastore import Datastore, External
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

_KINDS = ("service", "datastore", "external")
_BEFORE, _AFTER = "before", "after"
_MOST_APART = 20
"""Components on one side that each have a box of their own; of more, those that merge share one."""
_WIDEST = 40
"""Characters in a line of such a box."""


def compare(current: Topology, target: Topology, view: View | None = None) -> Picture:
    """The picture of what becomes of ``current`` in ``target``. The lineage is what it is about: dependencies are drawn
    with detail or a focus only, and then what keeps its name needs no arrow.

    Raises ``UnknownNameError`` for a focus that neither has.
    """
    view = view or View()
    found = diff(current, target)
    fates = {kind: found.fates(kind) for kind in _KINDS}
    before, after = _states_before(fates), _states_after(found, fates)
    sides = [(_BEFORE, current, before), (_AFTER, target, after)]
    whole = view.detail or view.focus is not None
    same = set() if whole else _unchanged(current, target, before, after)
    boxes, arrows, groups = list[Box](), list[Arrow](), list[Group]()
    for prefix, topology, states in sides:
        kept = _kept(topology, view, fates, prefix) - same
        inner, membership = grouped(topology, kept, view, prefix)
        side = Group(prefix, f"{'Before' if prefix == _BEFORE else 'After'}: {topology.name}")
        groups += [side, *(replace(group, inside=prefix) for group in inner)]
        for box in boxes_of(topology, kept, view, membership=membership, prefix=prefix, states=states):
            boxes.append(replace(box, group=box.group or prefix))
        if whole:
            arrows += arrows_of(topology, kept, view, prefix=prefix)
    drawn = {box.id for box in boxes}
    lineage = [arrow for arrow in _lineage(fates, before) if arrow.tail in drawn and arrow.head in drawn]
    if whole:
        lineage = [arrow for arrow in lineage if arrow.state != "kept"]
    elif len(lineage) > _MOST_APART:
        boxes, lineage = _stacked(boxes, lineage)
    filled = {box.group for box in boxes} | {group.inside for group in groups if group.inside}
    picture = Picture(
        f"{current.name} to {target.name}",
        tuple(boxes),
        (*arrows, *lineage),
        tuple(group for group in groups if group.id in filled),
        _notes(found, len(same)),
    )
    return fold(picture, hubs(picture, view.fold))


def _stacked(boxes: Sequence[Box], lineage: Sequence[Arrow]) -> tuple[list[Box], list[Arrow]]:
    """Services that all became one other stand in one box."""
    known = {box.id: box for box in boxes}
    heirs: dict[str, list[str]] = defaultdict(list)
    for arrow in lineage:
        heirs[arrow.tail].append(arrow.head)
    sources: dict[str, list[Box]] = defaultdict(list)
    for tail, into in heirs.items():
        if len(into) == 1 and known[tail].shape == "service":
            sources[into[0]].append(known[tail])
    stacks, arrows = dict[str, Box](), list[Arrow]()
    for heir, members in sources.items():
        if len(members) > 1:
            stack = _stack(members, identifier(f"{_BEFORE}_all", known[heir].name))
            stacks |= {box.id: stack for box in members}
            said = f"{stack.name} became {known[heir].name}"
            arrows.append(Arrow(stack.id, heir, "lineage", state="merged", tooltip=said))
    shown = [stacks.get(box.id, box) for box in boxes]
    return list(dict.fromkeys(shown)), [*arrows, *(arrow for arrow in lineage if arrow.tail not in stacks)]


def _stack(members: Sequence[Box], own: str) -> Box:
    names = sorted(box.name for box in members)
    lines = tuple(wrap(", ".join(names), _WIDEST, break_on_hyphens=False))
    groups = {box.group for box in members}
    group = groups.pop() if len(groups) == 1 else _BEFORE
    return Box(own, f"{len(names)} services", lines, "service", group, state="merged", tooltip="\n".join(names))


def _kept(topology: Topology, view: View, fates: Mapping[str, Mapping[str, Whereabouts]], side: str) -> set[str]:
    """What is drawn of one side; a focus of one side shows what it became, or came from, on the other."""
    names = {item.name for items in _components(topology).values() for item in items}
    if view.focus is None or view.focus in names:
        return visible(topology, view)
    related = {
        name if side == _BEFORE else heir
        for found in fates.values()
        for name, where in found.items()
        for heir in where.into
        if view.focus in {name, heir}
    }
    shown = visible(topology, replace(view, focus=None))
    return (related & shown) if related else visible(topology, view)


def _states_before(fates: Mapping[str, Mapping[str, Whereabouts]]) -> dict[str, State]:
    states: dict[str, State] = {}
    for kind, found in fates.items():
        for name, where in found.items():
            if not where.into:
                states[f"{kind}:{name}"] = "gone"
            elif where.fate == "absorbed":
                states[f"{kind}:{name}"] = "merged"
            elif where.into != (name,):
                states[f"{kind}:{name}"] = "moved"
    return states


def _states_after(found: Diff, fates: Mapping[str, Mapping[str, Whereabouts]]) -> dict[str, State]:
    sources: dict[str, list[str]] = defaultdict(list)
    for kind, places in fates.items():
        for name, where in places.items():
            for heir in where.into:
                sources[f"{kind}:{heir}"].append(name)
    changed = {change.address for change in found.changes}
    states: dict[str, State] = {}
    for kind, items in _components(found.target).items():
        for name in (item.name for item in items):
            own = f"{kind}:{name}"
            came = sources.get(own, [])
            if not came:
                states[own] = "new"
            elif len(came) > 1:
                states[own] = "merged"
            elif came != [name]:
                states[own] = "moved"
            elif own in changed:
                states[own] = "changed"
    return states


def _components(topology: Topology) -> dict[str, Sequence[Service | Datastore | External]]:
    return {"service": topology.services, "datastore": topology.datastores, "external": topology.externals}


def _lineage(fates: Mapping[str, Mapping[str, Whereabouts]], before: States) -> list[Arrow]:
    arrows = []
    for kind, found in fates.items():
        for name, where in sorted(found.items()):
            state = before.get(f"{kind}:{name}", "kept")
            for heir in where.into:
                ends = identifier(_BEFORE, name), identifier(_AFTER, heir)
                arrows.append(Arrow(*ends, "lineage", state=state, tooltip=f"{name} became {heir}"))
    return arrows


def _unchanged(current: Topology, target: Topology, before: States, after: States) -> set[str]:
    """Names of the components that stay just as they are: they would fill the picture and say nothing."""
    names = [
        {f"{kind}:{item.name}" for kind, items in _components(topology).items() for item in items}
        for topology in (current, target)
    ]
    return {own.partition(":")[2] for own in names[0] & names[1] if own not in before and own not in after}


def _notes(found: Diff, same: int) -> tuple[str, ...]:
    if same:
        return (f"{same} components that stay as they are are not shown", *_notes(found, 0))
    if found.lineage == "none":
        return ("no lineage is recorded: only what has the same name is taken to be the same",)
    if found.lineage == "stale":
        return ("the lineage was made from another version of what was: consolidate again",)
    return ()
