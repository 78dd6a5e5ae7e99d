"""The record: what the topology says and the finished objects do not, written beside the objects.

What that is nobody has to list: it is what an import of the objects gives other than the topology they were made of.
Each part's share stands as an annotation on the object that stands for its component, so that it goes where that object
goes; the rest is in a ConfigMap of the system. An import (``importers``) puts it back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from novaplan.errors import InputError
from novaplan.importers.kubernetes import import_objects
from novaplan.importers.marks import RECORD, RECORD_KEY
from novaplan.render.manifests import Manifest
from novaplan.topology import records
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import SYSTEM, kind_of, parent_of, split
from novaplan.topology.patch import Patch, between
from novaplan.topology.service import Service
from novaplan.topology.wiring import Dependency, Route

if TYPE_CHECKING:
    from novaplan.render.context import Context
    from novaplan.topology.base import Model
    from novaplan.topology.system import Topology

_MOST: Final = 200_000
"""Bytes of a record and of the copy that ``kubectl apply`` keeps of it in an annotation: all annotations of an object
together may take 262,144 (https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/)."""
_MOST_OF_ALL: Final = 900_000
"""Bytes of a record of one part in a ConfigMap, which may take 1 MiB."""


def recorded(context: Context, files: Mapping[str, list[Manifest]]) -> dict[str, list[Manifest]]:
    """``files`` with the record of ``context.topology``; the objects that were handed over stay as they are.

    Raises InputError when one part of the topology says more than a ConfigMap can hold.
    """
    objects = [item for items in files.values() for item in items]
    read, _ = import_objects(objects)
    patch = between(read, context.topology)
    texts: dict[int, str] = {}
    rest: list[str] = []
    for line, addresses in shares(
        patch, read, context.topology, [item["metadata"]["name"] for item in objects]
    ).items():
        text = records.write(patch.only(addresses))
        if line is None or not _fits(text):
            rest += addresses
        else:
            texts[line] = text
    numbers = iter(range(1, len(objects) + 1))
    found = {name: [_with(item, texts.get(next(numbers))) for item in items] for name, items in files.items()}
    if found:
        *_, last = found
        found[last] += _config_maps(context, patch, rest, found[last], objects)
    return found


def shares(patch: Patch, read: Topology, topology: Topology, names: Sequence[str]) -> dict[int | None, list[str]]:
    """The addresses of ``patch`` by the line on which the component stands that they belong to; None for what stands
    nowhere. A dependency belongs to its client, a route to what declares it or else to the service that answers it.

    ``read`` tells the lines. What only is mentioned there stands nowhere: by ``names`` the line of its own is known.
    """
    before, after = split(read), split(topology)
    lines: dict[str, int] = {}
    by_name: dict[str, int] = {}
    for own, part in before.items():
        place = getattr(part, "declared", ())
        name = getattr(part, "name", None)
        if place and (name is None or names[place[0].line - 1] == name):
            lines[own] = place[0].line
            if kind_of(own) in ("service", "datastore"):
                by_name[str(name)] = place[0].line
    found: dict[int | None, list[str]] = defaultdict(list)
    for own in patch.addresses():
        component = own
        while component != SYSTEM and parent_of(component) != SYSTEM:
            component = parent_of(component)
        line = lines.get(component)
        found[line or by_name.get(_holder(after.get(component) or before.get(component)) or "")].append(own)
    return found


def _holder(part: Model | None) -> str | None:
    """The name of the workload at which a part is recorded that stands nowhere itself."""
    if isinstance(part, Dependency):
        return part.client
    if isinstance(part, Route):
        return part.backends[0].service
    return part.name if isinstance(part, Service | Datastore) else None


def _fits(text: str) -> bool:
    return len(text) + len(json.dumps(text)) <= _MOST


def _with(item: Manifest, text: str | None) -> Manifest:
    if text is None:
        return item
    metadata = item["metadata"]
    annotations = dict(sorted({**metadata.get("annotations", {}), RECORD: text}.items()))
    return {**item, "metadata": {**metadata, "annotations": annotations}}


def _config_maps(
    context: Context, patch: Patch, addresses: list[str], beside: list[Manifest], objects: list[Manifest]
) -> Iterator[Manifest]:
    """At least one, even if there is nothing to say: it tells an import that novaplan rendered this."""
    namespace = next((item["metadata"]["namespace"] for item in beside if "namespace" in item["metadata"]), None)
    taken = {item["metadata"]["name"] for item in objects if item["kind"] == "ConfigMap"}
    base = f"{context.system}-novaplan-record"
    names = (
        name for number in range(1, len(taken) + len(addresses) + 2) if (name := _numbered(base, number)) not in taken
    )
    for name, text in zip(names, _chunks(patch, addresses), strict=False):
        yield context.plain_object("v1", "ConfigMap", name, namespace, generated=True, data={RECORD_KEY: text})


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _chunks(patch: Patch, addresses: list[str]) -> Iterator[str]:
    """The record of ``addresses`` in texts that fit, halved until they do."""
    text = records.write(patch.only(addresses))
    if _fits(text) or len(addresses) < 2:
        if len(text) > _MOST_OF_ALL:
            message = f"says {len(text):,} bytes that Kubernetes has no place for, more than a ConfigMap can hold"
            raise InputError(message, field=addresses[0])
        yield text
        return
    middle = len(addresses) // 2
    yield from _chunks(patch, addresses[:middle])
    yield from _chunks(patch, addresses[middle:])
