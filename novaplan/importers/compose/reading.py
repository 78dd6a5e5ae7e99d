"""Compose files as a draft."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from novaplan.errors import InputError
from novaplan.importers.compose import profiles as profile
from novaplan.importers.compose.disk import is_file, real
from novaplan.importers.compose.dotenv import read_env, values_of
from novaplan.importers.compose.gateways import with_served
from novaplan.importers.compose.loading import STANDARD_INPUT, Context, Layer, Loader
from novaplan.importers.compose.merging import by_key
from novaplan.importers.compose.mounts import Mounts
from novaplan.importers.compose.nodes import Field, Node
from novaplan.importers.compose.notes import Notes
from novaplan.importers.compose.profiles import Need
from novaplan.importers.compose.workloads import unshared, workload
from novaplan.importers.draft import Draft, NamedObject, Redirect, Secret, Where, Workload
from novaplan.importers.marks import COMPOSE_GENERATED_FOR, COMPOSE_RECORD
from novaplan.topology import records
from novaplan.topology.records import Record

_NAME = "COMPOSE_PROJECT_NAME"
_PROFILES = "COMPOSE_PROFILES"


@dataclass(frozen=True, slots=True)
class Project:
    """A project of compose: what its files say together, and what was read of it."""

    draft: Draft
    services: dict[str, Field]
    """The merged services that take part, as they were written."""
    sections: Layer
    """Everything that is declared, also what is switched off."""
    written: tuple[tuple[str, Where], ...] = field(default=(), repr=False)
    """Texts with variables as they were written, before these were filled in."""


def read(files: Sequence[str], env_files: Sequence[str] = (), profiles: Sequence[str] = ()) -> Draft:
    """The draft of ``read_project``."""
    return read_project(files, env_files, profiles).draft


def read_project(files: Sequence[str], env_files: Sequence[str] = (), profiles: Sequence[str] = ()) -> Project:
    """What ``files`` say, in the order in which they go over each other.

    Raises InputError and DocumentError with file, line and field.
    """
    if not files:
        raise InputError("no compose file was named; name one, or '-' for standard input")
    if list(files).count(STANDARD_INPUT) > 1:
        raise InputError("standard input can be read only once", file=STANDARD_INPUT)
    notes = Notes()
    folder = Path() if files[0] == STANDARD_INPUT else Path(files[0]).parent
    loader = Loader(notes)
    variables = _environment(folder, env_files, notes)
    if all(document.value is None for file in files for document in loader.documents(file)):
        raise InputError("is empty; it should have services", file=files[0])
    _tell_override(files, notes)
    name = _project_name(files, folder, variables, loader)
    variables.setdefault(_NAME, name)
    chain = tuple(real(file) for file in files if file != STANDARD_INPUT)
    layer = loader.load(list(files), Context(folder, variables, chain))
    wanted = list(profiles) or [item.strip() for item in variables.get(_PROFILES, "").split(",") if item.strip()]
    services = profile.active(layer["services"], wanted, notes)
    own_services = {key: node for key, node in services.items() if not _is_made(node)}
    draft = _draft(name, layer, own_services, folder, notes)
    own = (Field(node, f"services.{key}").get(COMPOSE_RECORD) for key, node in services.items())
    found = tuple(_record(field) for field in (*loader.records, *filter(None, own)))
    draft = replace(draft, notes=(*draft.notes, *notes.all()), records=found)
    fields = {key: Field(node, f"services.{key}") for key, node in own_services.items()}
    return Project(draft, fields, layer, tuple(notes.written))


def _record(field: Field) -> Record:
    where = field.where
    return records.read(field.value, file=where.file, line=where.line, field=where.field)


def _is_made(node: Node) -> bool:
    """Whether novaplan only made it for the system when it rendered that."""
    return COMPOSE_GENERATED_FOR in node.value


def _tell_override(files: Sequence[str], notes: Notes) -> None:
    """Docker compose reads an override file by itself, but only when no file is named."""
    path = Path(files[0])
    if len(files) > 1 or path.stem not in ("compose", "docker-compose"):
        return
    for name in (f"{path.stem}.override.yml", f"{path.stem}.override.yaml"):
        if is_file(path.with_name(name)):
            notes.left_out(f"{path.with_name(name)} was not named and not read; name it after {path} to merge it")


def _environment(folder: Path, env_files: Sequence[str], notes: Notes) -> dict[str, str]:
    """The variables for ``${...}``: of the files that were named, else of ``.env`` beside the first compose file."""
    paths = [Path(file) for file in env_files]
    if not paths and is_file(folder / ".env"):
        paths = [folder / ".env"]
    found: dict[str, str] = {}
    for path in paths:
        values = values_of(read_env(path, found))
        found.update(values)
        notes.read(f"{path}: {len(values)} variables")
    return found


def _project_name(files: Sequence[str], folder: Path, variables: Mapping[str, str], loader: Loader) -> str:
    """The name of the project: as it was given, else of the folder; only letters, digits, '-' and '_' remain."""
    given = variables.get(_NAME)
    for file in files:
        for document in loader.documents(file):
            if given is None and isinstance(document.value, dict) and document.value.get("name") is not None:
                converter = loader.converter(document.file, folder, variables)
                given_here = converter.node(document.value["name"], document.line_of(["name"]), "name")
                given = Field(given_here, "name").text()
    name = given if given is not None else folder.resolve().name
    return re.sub(r"[^a-z0-9_-]+", "", name.lower()).strip("-_") or "system"


def _draft(name: str, layer: Layer, services: dict[str, Node], folder: Path, notes: Notes) -> Draft:
    if not services:
        notes.uncertain("no service takes part")
    needs = {
        service: [need for need in profile.needs(service, node) if need.service in services]
        for service, node in services.items()
    }
    mounts = Mounts(folder, layer, notes)
    units = [workload(service, node, needs[service], mounts, notes) for service, node in services.items()]
    units = with_served(unshared(_with_links(units, needs, notes), services), services, notes)
    for file in dict.fromkeys(unit.where.file for unit in units):
        count = sum(unit.where.file == file for unit in units)
        notes.read(f"{file}: {count} {'service' if count == 1 else 'services'}")
    return Draft(
        name,
        workloads=tuple(units),
        redirects=_redirects(layer, units),
        off=frozenset(_hosts_off(layer, services)),
        secrets=tuple(
            Secret(key, Field(node, f"secrets.{key}").where, keys=(key,))
            for key, node in layer["secrets"].items()
            if not _is_made(node)
        ),
        configs=_objects(layer, "configs", "config"),
        unmodelled=(*_objects(layer, "networks", "network"), *_objects(layer, "models", "model")),
    )


def _hosts_off(layer: Layer, services: Mapping[str, Node]) -> Iterator[str]:
    """The names that would be answered to if every profile were on."""
    for name, node in layer["services"].items():
        if name not in services:
            field = Field(node, f"services.{name}")
            given = (field.get("container_name"), field.get("hostname"))
            yield from (name.lower(), *(other.text().lower() for other in given if other))


def _objects(layer: Layer, section: str, kind: str) -> tuple[NamedObject, ...]:
    return tuple(
        NamedObject(kind, name, Field(node, f"{section}.{name}").where)
        for name, node in layer[section].items()
        if not _is_made(node)
    )


def _with_links(units: list[Workload], needs: dict[str, list[Need]], notes: Notes) -> list[Workload]:
    """The aliases of links, as further names of what they lead to; a service that must finish first is a job."""
    taken = {unit.name for unit in units}
    aliases: dict[str, list[str]] = {}
    finishing: set[str] = set()
    for need in (need for found in needs.values() for need in found):
        if need.condition == "service_completed_successfully":
            finishing.add(need.service)
        if need.alias and need.alias not in taken:
            aliases.setdefault(need.service, []).append(need.alias)
        elif need.alias and need.alias != need.service:
            notes.uncertain(f"the link calls {need.service} {need.alias!r}, which is another service", need.field.where)
    return [
        replace(
            unit,
            hosts=tuple(dict.fromkeys((*unit.hosts, *aliases.get(unit.name, ())))),
            kind="job" if unit.name in finishing else unit.kind,
        )
        for unit in units
    ]


def _redirects(layer: Layer, units: list[Workload]) -> tuple[Redirect, ...]:
    """Host entries that lead to a service of the project by its fixed address."""
    owners = {host: unit.name for unit in units for host in unit.hosts}
    found: dict[str, Redirect] = {}
    for unit in units:
        extra = Field(layer["services"][unit.name], f"services.{unit.name}").get("extra_hosts")
        if extra is None:
            continue
        for host, entry in by_key(extra).items():
            for address in entry.elements():
                owner = owners.get(address.text().strip("[]"))
                if owner is not None and host not in owners:
                    found.setdefault(host, Redirect(host, owner, entry.where))
    return tuple(found.values())
