"""Which services take part: those without a profile, those of the profiles asked for, and what they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from novaplan.errors import nearest
from novaplan.importers.compose.merging import by_key
from novaplan.importers.compose.nodes import Field, Node
from novaplan.importers.compose.notes import Notes

EVERY: Final = "*"


@dataclass(frozen=True, slots=True)
class Need:
    """Another service that a service names, and how."""

    service: str
    field: Field
    required: bool = True
    condition: str = "service_started"
    ordered: bool = True
    alias: str | None = None


def needs(name: str, node: Node) -> list[Need]:
    """The services that ``name`` waits for, links to, or shares a network, volumes or processes with.

    Each service once: what ``depends_on`` says of it goes first.
    """
    service = Field(node, f"services.{name}")
    found: dict[tuple[str, str | None], Need] = {}
    for need in (*_depends_on(service), *_linked(service), *_shared(service)):
        if need.service != name:
            found.setdefault((need.service, need.alias), need)
    return list(found.values())


def _depends_on(service: Field) -> Iterator[Need]:
    field = service.get("depends_on")
    if field is None:
        return
    for target, entry in by_key(field).items():
        required, condition = entry.get("required"), entry.get("condition")
        yield Need(
            target,
            entry,
            required.flag() if required else True,
            condition.text() if condition else "service_started",
        )


def _linked(service: Field) -> Iterator[Need]:
    links = service.get("links")
    for link in links.elements() if links else ():
        target, _, alias = link.text().partition(":")
        yield Need(target, link, ordered=False, alias=alias if alias != target and alias else None)


def _shared(service: Field) -> Iterator[Need]:
    for key in ("network_mode", "ipc", "pid", "uts", "cgroup"):
        mode = service.get(key)
        if mode and mode.text().startswith("service:"):
            yield Need(mode.text().removeprefix("service:"), mode)
    volumes = service.get("volumes_from")
    for volume in volumes.elements() if volumes else ():
        if not volume.text().startswith("container:"):
            yield Need(volume.text().partition(":")[0], volume)


def of_service(name: str, node: Node) -> list[str]:
    """The profiles of a service; none when it always takes part."""
    field = Field(node, f"services.{name}").get("profiles")
    return [item.text() for item in field.elements()] if field else []


def active(services: dict[str, Node], wanted: Sequence[str], notes: Notes) -> dict[str, Node]:
    """The services that take part, in the order of ``services``.

    A service that is off but that another one cannot start without takes part too, and is noted: docker compose
    refuses such a project. Raises InputError when a needed service is not declared at all.
    """
    profiles = {name: of_service(name, node) for name, node in services.items()}
    _check_known(wanted, profiles, notes)
    on = {name for name, own in profiles.items() if not own or EVERY in wanted or not set(own).isdisjoint(wanted)}
    waiting = [name for name in services if name in on]
    while waiting:
        name = waiting.pop()
        for need in needs(name, services[name]):
            if need.service not in services:
                _undeclared(need, services, notes)
            elif need.service not in on and need.required:
                message = f"{name} needs {need.service}, which is off without its profile; it was taken in"
                notes.uncertain(f"{message} (docker compose refuses this)", need.field.where)
                on.add(need.service)
                waiting.append(need.service)
    for name, own in profiles.items():
        if name not in on:
            where = Field(services[name], f"services.{name}").where
            notes.left_out(f"{name} is off: it takes part with --profile {' or '.join(own)}", where)
    return {name: node for name, node in services.items() if name in on}


def _check_known(wanted: Sequence[str], profiles: dict[str, list[str]], notes: Notes) -> None:
    known = {profile for own in profiles.values() for profile in own}
    for profile in wanted:
        if profile != EVERY and profile not in known:
            notes.uncertain(f"no service has the profile {profile!r}{nearest(profile, known)}")


def _undeclared(need: Need, services: dict[str, Node], notes: Notes) -> None:
    if need.field.node.origin.lent:
        # What is extended in another file brings along only the names of what it needs there.
        message = f"{need.service!r}, which the extended service needs, is not declared here; it was left out"
        notes.uncertain(message, need.field.where)
        return
    if not need.required:
        notes.left_out(f"the optional service {need.service!r} is not declared", need.field.where)
        return
    need.field.fail(f"names the service {need.service!r}, which is not declared{nearest(need.service, services)}")
