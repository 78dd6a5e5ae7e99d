"""The difference for people: a summary, then what happened to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from novaplan.changes import wording
from novaplan.changes.datastore_sections import datastore_sections
from novaplan.changes.fields import shown
from novaplan.changes.grouping import Groups, group
from novaplan.changes.model import Change, Diff
from novaplan.changes.sections import Section, fold, listed, paragraphs_html, rows
from novaplan.changes.service_sections import route_text, service_sections
from novaplan.changes.summary import Pair, Summary
from novaplan.tables import Table
from novaplan.topology.base import Model
from novaplan.topology.parts import address, label_of
from novaplan.topology.tables import plural
from novaplan.topology.units import unit_name
from novaplan.topology.wiring import Route

SAME = "No differences."
MOST_NAMED = 12
"""The headline names what services became as long as these are not more."""
BECOMING = ("merge", "move")


def text(diff: Diff, width: int) -> str:
    """Plain text of at most ``width`` columns."""
    if not diff:
        return SAME
    head = ["\n".join(fold(line, width, after="  ")) for line in headlines(diff)]
    return "\n\n".join(["\n".join(head), *(section.text(width) for section in sections(diff))])


def markdown(diff: Diff) -> str:
    """Markdown as GitHub renders it."""
    if not diff:
        return SAME
    title, first, *more = map(_escaped, [f"{diff.current.name} -> {diff.target.name}", *headlines(diff)])
    body = (section.markdown() for section in sections(diff))
    return "\n\n".join([f"## {title}", f"**{first}**", *more, *body])


def _escaped(line: str) -> str:
    """A line as Markdown shows it, whatever is in it."""
    return Table(line, ("",), ()).markdown().partition("\n")[0].removeprefix("### ")


def html(diff: Diff) -> str:
    """HTML for a notebook."""
    if not diff:
        return paragraphs_html([SAME])
    return paragraphs_html(headlines(diff)) + "".join(section.html() for section in sections(diff))


def table(diff: Diff) -> Table:
    """One row for each change."""
    columns = ("action", "kind", "part", "from", "fields", "reason")
    found = tuple(
        (
            change.action,
            change.kind,
            label_of(change.address),
            tuple(map(label_of, change.sources)) if change.action in ("merge", "move") else (),
            tuple(field.path for field in change.fields) if change.sources and change.after else (),
            change.reason,
        )
        for change in diff.changes
    )
    return Table("Changes", columns, found)


def fields_table(diff: Diff) -> Table:
    """One row for each field of each change; in a merge, one for each source."""
    columns = ("action", "kind", "part", "field", "source", "before", "after")
    found = []
    for change in diff.changes:
        for field in change.fields:
            before = field.by_source or ((change.sources[0] if change.sources else "", field.before),)
            for source, value in before:
                path = unit_name(field.path, field.unit)
                values = (_cell(value), _cell(field.after))
                found.append((change.action, change.kind, label_of(change.address), path, label_of(source), *values))
    return Table("Fields", columns, tuple(found))


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, (bool, int, str)) else shown(value)


def headlines(diff: Diff) -> Iterator[str]:
    """The difference in a few lines."""
    summary = diff.summary
    yield _services(summary) + _highlights(diff, summary)
    counted = [
        f"{name} {_step(pair)}"
        for name, pair in (
            ("datastores", summary.datastores),
            ("dependencies", summary.dependencies),
            ("routes", summary.routes),
            ("secrets", summary.secrets),
            ("namespaces", summary.namespaces),
        )
        if pair.changed
    ]
    if counted:
        yield "Counts: " + ", ".join(counted) + "."
    effect = [f"pods {_step(summary.pods)}"] if summary.pods.changed else []
    for figure, pair in summary.resources.items():
        words, _, _ = figure.rpartition("_")
        if pair.changed:
            name = words.replace("_", " ").replace("cpu", "CPU") + ("s" if words.count("_") else "")
            effect.append("{} {} -> {}".format(name, *wording.alike(figure, (pair.current, pair.target))))
    if effect:
        yield "Resources: " + ", ".join(effect) + "."
    if summary.unknown_resources.current or summary.unknown_resources.target:
        yield f"Components that state no request and count 0: {_step(summary.unknown_resources)}."
    if diff.lineage == "stale":
        yield f"The lineage was made from another version of {diff.current.name}; consolidate again to be exact."


def _services(summary: Summary) -> str:
    """How many services become how many, and how many became each: nine to three reads as three merges."""
    pair = summary.services
    noun = plural("service", pair.current)
    if not pair.changed:
        return f"{pair.current} {noun} before and after"
    verb = "becomes" if pair.current == 1 else "become"
    optional = summary.optional_services.target
    return f"{pair.current} {noun} {verb} {pair.target}" + (f" ({optional} optional)" if optional else "")


def _highlights(diff: Diff, summary: Summary) -> str:
    acted = [change for change in diff.of_kind("service") if change.after is not None]
    if len(acted) <= MOST_NAMED:
        found = [
            f"{label_of(change.address)} <- {len(change.sources)}" for change in acted if change.action in BECOMING
        ]
        acted = [change for change in acted if change.action not in BECOMING]
    else:
        found = []
    said = {"merge": "merge", "move": "rename", "create": "new", "update": "changed"}
    for action, word in said.items():
        count = sum(change.action == action for change in acted)
        if count:
            found.append(f"{count} {plural(word, count) if word[-1] == 'e' else word}")
    retired = sum(change.after is None for change in diff.of_kind("service"))
    found += [f"{retired} retired"] if retired else []
    inside = summary.internal_dependencies
    if inside:
        found.append(f"{inside} {plural('call', inside)} {'becomes' if inside == 1 else 'become'} internal")
    available = summary.highly_available_datastores
    if available.changed:
        found.append(f"highly available datastores {_step(available)}")
    return (": " + ", ".join(found) if found else "") + "."


def _step(pair: Pair) -> str:
    return wording.step(str(pair.current), str(pair.target))


def sections(diff: Diff) -> Iterator[Section]:
    """Services, datastores, then what belongs to none, what is retired and what stays."""
    groups = group(diff)
    yield from service_sections(groups)
    yield from datastore_sections(groups)
    yield from _others(groups)
    yield from _retired(groups.retired)
    yield from _unchanged(groups)


def _others(groups: Groups) -> Iterator[Section]:
    routes = tuple(_route_rows(groups.rest.get("route", ())))
    if routes:
        yield Section("Routes", routes)
    for title, kind in (("Namespaces", "namespace"), ("Externals", "external"), ("Not modelled", "object")):
        found = groups.rest.get(kind, ())
        if found:
            yield Section(title, tuple(_part_row(change) for change in found))
    secrets = tuple(_secret_rows(groups))
    if secrets:
        yield Section("Secrets", secrets)
    for change in groups.rest.get("system", ()):
        yield Section("System", tuple(rows("", wording.field_lines(change))))


def _route_rows(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Routes that go the same way are told together."""
    ways: dict[str, list[str]] = {}
    for change in changes:
        ways.setdefault(_way(change), []).append(_path(change))
    for way, paths in ways.items():
        yield str(len(paths)), way
        yield "", listed(paths, 10)


def _path(change: Change) -> str:
    if not isinstance(change.after, Route):
        return label_of(change.address)
    paths = dict.fromkeys(part.path for part in change.before if isinstance(part, Route))
    was = f" (was {', '.join(str(path) for path in paths)})" if set(paths) - {change.after.path} else ""
    return route_text(change.after, with_host=False) + was


def _way(change: Change) -> str:
    before = " and ".join(dict.fromkeys(map(_served, change.before)))
    way = wording.step(before, _served(change.after)) if before else f"{_served(change.after)} (new)"
    notes = wording.field_lines(change, ("backends", "via", "path", "host")) if change.sources else []
    *hosts, host = [part.host or "any" for part in (*change.before, change.after) if isinstance(part, Route)]
    if {*hosts, host} != {"any"}:
        notes.insert(0, f"host {wording.step(', '.join(dict.fromkeys(hosts)) or host, host)}")
    return "; ".join([way, *notes])


def _served(part: Model | None) -> str:
    if not isinstance(part, Route):
        return ""
    found = (
        f"{item.service}:{item.port}" + (f" {item.weight}%" if item.weight != 100 else "") for item in part.backends
    )
    return " + ".join(found) + (f" via {part.via}" if part.via else "")


def _part_row(change: Change) -> tuple[str, str]:
    name = label_of(change.address)
    if not change.sources:
        return "new", name
    origin = f" <- {', '.join(map(label_of, change.sources))}" if change.sources != (change.address,) else ""
    notes = wording.field_lines(change, ("name", "namespace") if origin else ("name",))
    word = {"merge": "merged", "move": "moved", "update": "changed"}.get(change.action, change.action)
    return word, name + origin + (": " if notes else "") + ", ".join(notes)


def _secret_rows(groups: Groups) -> Iterator[tuple[str, str]]:
    told = groups.rest.get("secret", ())
    yield from map(_part_row, told)
    # Keys that only went along with their secret say nothing new.
    along = {own for change in told for own in (change.address, *change.sources)}
    along |= {change.address for change in groups.retired if change.kind == "secret"}
    for change in groups.rest.get("secret-key", ()):
        secret = "secret:" + change.address.partition(":")[2].rpartition("/")[0]
        if (change.fields and change.action == "update") or secret not in along:
            word, text = _part_row(change)
            yield f"key {word}", text


def _retired(changes: Sequence[Change]) -> Iterator[Section]:
    secrets = {label_of(change.address) for change in changes if change.kind == "secret"}
    lines: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        label = label_of(change.address)
        if change.kind == "secret-key" and label.rpartition("/")[0] in secrets:
            continue
        lines.setdefault((change.kind, change.reason), []).append(label)
    found = [(kind, listed(names, 10) + (f": {reason}" if reason else "")) for (kind, reason), names in lines.items()]
    if found:
        yield Section("Retired", tuple(found))


def _unchanged(groups: Groups) -> Iterator[Section]:
    found = []
    target = groups.diff.target
    for label, kind, names in (
        ("services", "service", [service.name for service in target.services]),
        ("datastores", "datastore", [store.name for store in target.datastores]),
    ):
        same = [name for name in names if not groups.of(address(kind, name))]
        if same:
            found.append((label, listed(same, 10)))
    if found:
        yield Section("Unchanged", tuple(found))
