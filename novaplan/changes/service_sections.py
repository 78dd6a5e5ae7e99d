"""A section for each service that changed: what it was made from, and everything that came along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from novaplan.capacity.totals import pod_amounts, service_component
from novaplan.changes import wording
from novaplan.changes.dependency_rows import dependency_rows
from novaplan.changes.fields import shown
from novaplan.changes.grouping import Groups
from novaplan.changes.model import Change
from novaplan.changes.sections import Section, listed, rows
from novaplan.topology.parts import address, label_of
from novaplan.topology.service import EnvVar, FeatureFlag, Port, Service, Volume
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency, Route

Row = tuple[str, str]

_TOLD = ("name", "replicas", "autoscaling")


@dataclass(frozen=True)
class Wiring:
    """What the dependencies of both sides say, looked up by client."""

    groups: Groups

    @cached_property
    def before(self) -> Mapping[str, list[Dependency]]:
        """The dependencies of each client of current."""
        return _by_client(self.groups.diff.current)

    @cached_property
    def after(self) -> Mapping[str, list[Dependency]]:
        """The dependencies of each client of target."""
        return _by_client(self.groups.diff.target)

    @cached_property
    def secrets(self) -> Mapping[str, tuple[str, ...]]:
        """For each secret of target by name, the secrets of current it was made from."""
        changes = self.groups.rest.get("secret", ())
        return {
            wording.named(change.after): tuple(map(wording.named, change.before)) for change in changes if change.after
        }

    @cached_property
    def owned(self) -> Mapping[str, list[str]]:
        """For each service, the parts of datastores it newly owns."""
        found: dict[str, list[str]] = {}
        for by_kind in self.groups.components.values():
            for kind in ("database", "schema", "logical-db"):
                for change in by_kind.get(kind, ()):
                    label = label_of(change.address)
                    label = label.replace("/", " DB ") if kind == "logical-db" else label
                    for name in _new_owners(change):
                        found.setdefault(name, []).append(label)
        return found


def service_sections(groups: Groups) -> Iterator[Section]:
    """Merges first, then moves, new services and changed ones, each by name."""
    wiring = Wiring(groups)
    order = {"merge": 0, "move": 1, "create": 2, "update": 3}
    found = []
    for service in groups.diff.target.services:
        by_kind = groups.of(address("service", service.name))
        if by_kind:
            own = next((change for change in by_kind.get("service", ()) if change.after is not None), None)
            found.append((order[own.action if own else "update"], service, own, by_kind))
    for _, service, own, by_kind in sorted(found, key=lambda entry: (entry[0], entry[1].name)):
        sources = own.before if own is not None else (service,)
        names = [wording.named(source) for source in sources]
        before = [groups.diff.current.service[name] for name in names]
        content = tuple(_rows(before, service, own, by_kind, wiring))
        if content or own is not None:
            yield Section(_title(service, own), content or (("", "nothing else changes"),))


def _title(service: Service, own: Change | None) -> str:
    optional = " (optional)" if service.optional else ""
    if own is None or own.action == "update":
        return f"{service.name}{optional}"
    if own.action == "create":
        return f"{service.name}{optional} (new)"
    return f"{service.name}{optional} <- {', '.join(map(wording.named, own.before))}"


def _rows(
    before: Sequence[Service], after: Service, own: Change | None, by_kind: Mapping[str, list[Change]], wiring: Wiring
) -> Iterator[Row]:
    if own is not None and own.reason:
        yield "why", own.reason
    yield from _sizes(before, after)
    yield from rows("ports", list(wording.items(by_kind.get("port", ()), _port, ("name", "port", "published"))))
    yield from _routes(by_kind.get("route", ()))
    edges = by_kind.get("dependency", ())
    internal = [change.before[0] for change in edges if change.action == "internal"]
    inside = [f"{edge.client} -> {edge.server}" for edge in internal if isinstance(edge, Dependency)]
    yield from rows("calls now inside", [listed(inside, 8)] if inside else [])
    yield from dependency_rows(edges, wiring.groups.diff)
    owns = wiring.owned.get(after.name, ())
    yield from rows("owns", [listed(owns, 8)] if owns else [])
    yield from _secrets(before, after, wiring)
    yield from _variables(by_kind.get("env", ()), after)
    yield from rows("flags", list(wording.items(by_kind.get("flag", ()), _flag, ("name", "enabled"))))
    yield from rows("volumes", list(wording.items(by_kind.get("volume", ()), _volume, ("name", "size", "per_replica"))))
    if own is None or own.sources:
        yield from _containers(by_kind.get("container", ()), after)
    if own is not None:
        yield from rows("settings", wording.field_lines(own, _TOLD) if own.sources else [])


def _sizes(before: Sequence[Service], after: Service) -> Iterator[Row]:
    counts = [service.replicas for service in before]
    scaled = list(dict.fromkeys(_scaling(service) for service in before if service.autoscaling))
    rescaled = f"autoscaling {wording.step(', '.join(scaled) or 'none', _scaling(after))}"
    same = scaled == [_scaling(after)] or not (scaled or after.autoscaling)
    if counts != [after.replicas]:
        text = f"{wording.terms(counts)} -> {after.replicas}" if counts else str(after.replicas)
        yield "replicas", text + ("" if same else f"; {rescaled}")
    elif not same:
        yield "replicas", f"{after.replicas}; {rescaled}"
    pods = [pod_amounts(service.containers)[0] for service in before]
    whole = [service_component(service).amounts for service in before]
    pod = pod_amounts(after.containers)[0]
    yield from wording.amounts_rows(whole, service_component(after).amounts, pods, pod)


def _scaling(service: Service) -> str:
    scaling = service.autoscaling
    if scaling is None:
        return "none"
    at = [("CPU", scaling.cpu_percent), ("memory", scaling.memory_percent)]
    goals = ", ".join(f"{value}% {name}" for name, value in at if value is not None)
    return f"{scaling.min}-{scaling.max}" + (f" at {goals}" if goals else "")


def _routes(changes: Sequence[Change]) -> Iterator[Row]:
    routes = [
        change.after
        for change in changes
        if isinstance(change.after, Route)
        and (change.action != "update" or any(field.path == "backends" for field in change.fields))
    ]
    if routes:
        hosts = {route.host for route in routes}
        host = routes[0].host if len(hosts) == 1 else None
        paths = [route_text(route, with_host=host is None) for route in routes]
        yield "routes", f"{len(paths)} now served here{f', on {host}' if host else ''}: {listed(paths)}"


def route_text(route: Route, *, with_host: bool) -> str:
    """A route as a reader knows it: host, port, path."""
    port = f":{route.listen}" if route.listen else ""
    match = f" ({route.match})" if route.match != "prefix" else ""
    return f"{route.host or '' if with_host else ''}{port}{route.path or ''}{match}"


def _secrets(before: Sequence[Service], after: Service, wiring: Wiring) -> Iterator[Row]:
    was = set().union(*(_used(service, wiring.before) for service in before))
    now = _used(after, wiring.after)
    if was == now:
        return
    lines, gone = [], set(was) - now
    for name in sorted(now - was):
        origins = sorted(set(wiring.secrets.get(name, ())) & was)
        gone -= set(origins)
        lines.append(f"{name} <- {', '.join(origins)}" if origins else f"{name} (new)")
    kept = len(was & now)
    lines += [f"{kept} kept"] if kept else []
    lines += [f"no longer: {listed(sorted(gone))}"] if gone else []
    yield "secrets", "; ".join(lines)


def _used(service: Service, edges: Mapping[str, list[Dependency]]) -> set[str]:
    variables = (variable.secret for container in service.containers for variable in container.env)
    wired = (edge.secret for edge in edges.get(service.name, ()))
    return {reference.name for reference in (*variables, *wired) if reference is not None}


def _variables(changes: Sequence[Change], after: Service) -> Iterator[Row]:
    """A line for all variables: a service may have hundreds."""
    found: dict[str, list[str]] = {"changed": [], "new": [], "dropped": []}
    for change in changes:
        part = change.after or change.before[0]
        name = part.name if isinstance(part, EnvVar) else ""
        if change.after is None:
            found["dropped"].append(name)
        elif not change.sources:
            found["new"].append(name)
        elif any(field.path != "name" and wording.tells(field) for field in change.fields):
            found["changed"].append(name)
        elif any(isinstance(model, EnvVar) and model.name != name for model in change.before):
            found.setdefault("renamed", []).append(name)
    arrived = sum(len(names) for verb, names in found.items() if verb != "dropped")
    kept = sum(len(container.env) for container in after.containers) - arrived
    parts = [f"{kept} kept"] if kept and changes else []
    parts += [f"{len(names)} {verb} ({listed(names, 4)})" for verb, names in found.items() if names]
    if any(found.values()):
        yield "variables", ", ".join(parts)


def _containers(changes: Sequence[Change], after: Service) -> Iterator[Row]:
    """What differs in each container besides its variables and requests; its name stands where there are several."""
    lines = []
    for change in changes:
        name = label_of(change.address).rpartition("/")[2]
        if change.after is None:
            lines.append(f"{name} of {wording.owner_of(change.address)} dropped")
        elif not change.sources:
            lines.append(f"{name} (new)")
        else:
            before = f"{name}: " if len(after.containers) > 1 else ""
            told = ("name",) if len(after.containers) > 1 or not after.replicas else ("name", "resources.requests")
            lines += [before + line for line in wording.field_lines(change, told)]
    yield from rows("container", lines, most=10)


def _port(port: Port) -> str:
    outside = f" published {port.published}" if port.published else ""
    return f"{port.name} {port.port}{outside}"


def _flag(flag: FeatureFlag) -> str:
    return f"{flag.name} {'on' if flag.enabled else 'off'}"


def _volume(volume: Volume) -> str:
    size = f" {shown(volume.size, 'bytes')}" if volume.size is not None else ""
    return volume.name + size + (" per replica" if volume.per_replica else "")


def _new_owners(change: Change) -> set[str]:
    after = _owners(change.after)
    return after - set().union(*map(_owners, change.before)) if change.before else after


def _owners(part: object) -> set[str]:
    owner = getattr(part, "owner", None)
    return {*getattr(part, "owners", ()), *([owner] if owner else [])}


def _by_client(topology: Topology) -> Mapping[str, list[Dependency]]:
    found: dict[str, list[Dependency]] = {}
    for edge in topology.dependencies:
        found.setdefault(edge.client, []).append(edge)
    return found
