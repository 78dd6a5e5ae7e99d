"""The record: what the topology says and the finished objects do not, written beside the objects.

What that is nobody has to list: it is what an import of the objects gives other than the topology they were made of.
Each part's share stands as an annotation on the object that stands for its component, so that it goes where that object
goes; the rest is in a ConfigMap of the system. An import (``importers``) puts it back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar

from novaplan.documents.writer import dump
from novaplan.errors import InputError
from novaplan.garbage import uncollected
from novaplan.importers.compose import import_compose
from novaplan.importers.kubernetes import import_objects
from novaplan.importers.marks import COMPOSE_RECORD, RECORD, RECORD_KEY
from novaplan.render.manifests import Manifest
from novaplan.topology import records
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import KINDS, SYSTEM, components, kind_of, parent_of, path_of
from novaplan.topology.patch import Patch, between
from novaplan.topology.service import Service
from novaplan.topology.wiring import Route

if TYPE_CHECKING:
    from novaplan.importers.report import Report
    from novaplan.render.context import Context
    from novaplan.render.tree import File
    from novaplan.topology.base import Model
    from novaplan.topology.system import Topology

H = TypeVar("H", bound=Hashable)

_MOST: Final = 200_000
"""Bytes of a record and of the copy that ``kubectl apply`` keeps of it in an annotation: all annotations of an object
together may take 262,144 (https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/)."""
_MOST_OF_ALL: Final = 900_000
"""Bytes of a record of one part in a ConfigMap, which may take 1 MiB."""


def recorded(context: Context, files: Mapping[str, list[Manifest]]) -> dict[str, list[Manifest]]:
    """``files`` with the record of ``context.topology``; the objects that were handed over stay as they are.

    Raises InputError when one part of the topology says more than a ConfigMap can hold.
    """
    with uncollected():
        return _recorded(context, files)


def _recorded(context: Context, files: Mapping[str, list[Manifest]]) -> dict[str, list[Manifest]]:
    objects = [item for items in files.values() for item in items]
    names = [item["metadata"]["name"] for item in objects]
    read, told = import_objects(objects)

    def position(part: Model) -> int | None:
        """Of the object that ``part`` is; what only is mentioned in one has another name."""
        places = getattr(part, "declared", ())
        index = places[0].line - 1 if places else None
        return index if index is not None and getattr(part, "name", names[index]) == names[index] else None

    patch = between(read, context.topology)
    texts, rest = _texts(patch, read, context.topology, position)
    positions = iter(range(len(objects)))
    found = {name: [_with(item, texts.get(next(positions))) for item in items] for name, items in files.items()}
    if found:
        *_, last = found
        texts_of_rest = _chunks(patch, rest, _settled(told))
        found[last] += _config_maps(context, texts_of_rest, found[last], objects)
    return found


def recorded_compose(context: Context, document: dict[str, Any], beside: Mapping[str, File]) -> dict[str, Any]:
    """The compose project ``document`` with the record of ``context.topology``, one part of it at each service;
    ``beside`` are the files that it names, by their paths from it. The document stays as it is."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "docker-compose.yml")
        for name, text in {**{name: file.text for name, file in beside.items()}, path.name: dump(document)}.items():
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, name).write_text(text, encoding="utf-8")
        read, told = import_compose([path], profiles=["*"])
    services = document.get("services", {})

    def name_of(part: Model) -> str | None:
        return part.name if isinstance(part, Service | Datastore) and part.name in services else None

    patch = between(read, context.topology)
    texts, rest = _texts(patch, read, context.topology, name_of)
    held = {name: {**body, COMPOSE_RECORD: texts[name]} if name in texts else body for name, body in services.items()}
    return {**document, "services": held, COMPOSE_RECORD: records.write(patch.only(rest), _settled(told, folder))}


def _texts(
    patch: Patch, read: Topology, topology: Topology, stands: Callable[[Model], H | None]
) -> tuple[dict[H, str], list[str]]:
    """The record of ``patch`` by where it is to stand, and the addresses for which there is no such place."""
    texts: dict[H, str] = {}
    rest: list[str] = []
    for place, addresses in _shares(patch, read, topology, stands).items():
        text = "" if place is None else records.write(patch.only(addresses))
        if place is None or not _fits(text):
            rest += addresses
        else:
            texts[place] = text
    return texts, rest


def _shares(
    patch: Patch, read: Topology, topology: Topology, stands: Callable[[Model], H | None]
) -> dict[H | None, list[str]]:
    """The addresses of ``patch`` by the place of the component that they belong to, as ``stands`` tells it of those in
    ``read``. A dependency belongs to its client, a route to what declares it or else to the service that answers it."""
    kinds = [kind for kind in KINDS if kind != "dependency"]
    before, after = components(read, *kinds), components(topology, *kinds)
    places: dict[str, H] = {}
    of_workloads: dict[str, H] = {}
    for own, part in before.items():
        if (place := stands(part)) is not None:
            places[own] = place
            if isinstance(part, Service | Datastore):
                of_workloads[part.name] = place
    found: dict[H | None, list[str]] = defaultdict(list)
    for own in patch.addresses():
        component = own
        while component != SYSTEM and parent_of(component) != SYSTEM:
            component = parent_of(component)
        workload = _holder(component, after.get(component) or before.get(component))
        found[places.get(component, of_workloads.get(workload))].append(own)
    return found


def _holder(own: str, part: Model | None) -> str:
    """The name of the workload at which a component is recorded that stands nowhere itself."""
    if isinstance(part, Route):
        return part.backends[0].service
    return path_of(own).partition("->")[0] if kind_of(own) in ("dependency", "service", "datastore") else ""


def _fits(text: str) -> bool:
    return len(text) + len(json.dumps(text)) <= _MOST


def _with(item: Manifest, text: str | None) -> Manifest:
    if text is None:
        return item
    metadata = item["metadata"]
    annotations = dict(sorted({**metadata.get("annotations", {}), RECORD: text}.items()))
    return {**item, "metadata": {**metadata, "annotations": annotations}}


def _config_maps(
    context: Context, texts: list[str], beside: list[Manifest], objects: list[Manifest]
) -> Iterator[Manifest]:
    """At least one, even if there is nothing to say: it tells an import that novaplan rendered this."""
    namespace = next((item["metadata"]["namespace"] for item in beside if "namespace" in item["metadata"]), None)
    taken = {item["metadata"]["name"] for item in objects if item["kind"] == "ConfigMap"}
    base = f"{context.system}-novaplan-record"
    free = (name for number in count(1) if (name := _numbered(base, number)) not in taken)
    for name, text in zip(free, texts, strict=False):
        yield context.plain_object("v1", "ConfigMap", name, namespace, generated=True, data={RECORD_KEY: text})


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _settled(told: Report, folder: str | None = None) -> list[str]:
    """What an import tells of what the record knows; nothing that names the folder it was read in."""
    messages = {note.message for note in told.notes if note.kind != "read"}
    return sorted(message for message in messages if folder is None or folder not in message)


def _chunks(patch: Patch, addresses: list[str], settled: Sequence[str] = ()) -> list[str]:
    """The record of ``addresses`` in texts that fit, halved until they do."""
    text = records.write(patch.only(addresses), settled)
    if _fits(text):
        return [text]
    if settled:
        alone = records.write(Patch(), settled)
        return ([alone] if _fits(alone) else []) + _chunks(patch, addresses)
    if len(addresses) > 1:
        middle = len(addresses) // 2
        return _chunks(patch, addresses[:middle]) + _chunks(patch, addresses[middle:])
    if len(text) > _MOST_OF_ALL:
        message = f"says {len(text):,} bytes that Kubernetes has no place for, more than a ConfigMap can hold"
        raise InputError(message, field=addresses[0])
    return [text]
