"""Objects that novaplan rendered: what was only made for the system is left out, and the records are collected.

Everything else is read as in anybody's manifests, so what is edited there counts.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from novaplan.documents.positions import YamlMap
from novaplan.importers import marks
from novaplan.importers.draft import Note
from novaplan.importers.kubernetes.index import template_path
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.importers.kubernetes.trees import clone, remove
from novaplan.importers.kubernetes.variables import REFERENCES
from novaplan.topology import records
from novaplan.topology.records import Record

_OF_PODS: Final = ("containers", "initContainers", "volumes")
_OF_CONTAINERS: Final = ("env", "envFrom", "ports")


def without_marked(found: Iterable[Manifest], notes: list[Note]) -> tuple[list[Manifest], tuple[Record, ...]]:
    """What is the system's own, and the records that stand beside it.

    Raises InputError for a record or a mark that novaplan did not write.
    """
    objects = list(found)
    read: list[Record] = []
    made: set[tuple[str, str, str, str]] = set()
    for manifest in objects:
        annotations = manifest.map(manifest.metadata, "annotations")
        if marks.GENERATED_FOR in annotations:
            made.add(manifest.key)
        for text, field in _records(manifest, annotations):
            where = manifest.where(f"{manifest.kind} {manifest.name}: {field}")
            read.append(records.read(text, file=where.file, line=where.line, field=where.field))
    if read:
        count = "1 record" if len(read) == 1 else f"{len(read)} records"
        notes.append(Note("read", f"{count} of what Kubernetes has no place for"))
        notes += _outgrown(objects)
        objects = list(_without_values(objects))
    return [_without(manifest) for manifest in objects if manifest.key not in made], tuple(read)


def _outgrown(objects: list[Manifest]) -> Iterator[Note]:
    """Servers of which there are more or fewer now than the configuration that was rendered beside them names."""
    texts: dict[str | None, str] = defaultdict(str)
    for item in objects:
        if item.kind == "ConfigMap" and _is_ours(item):
            texts[item.namespace] += "\n".join(map(str, item.map(item.value, "data").values()))
    for item in objects:
        members = item.spec.get("replicas") if item.kind == "StatefulSet" and _is_ours(item) else None
        named = set(re.findall(rf"(?<![-.\w]){re.escape(item.name)}-(\d+)\.", texts[item.namespace])) if members else ()
        # One alone is where the others begin.
        if len(named) > 1 and len(named) != members:
            message = f"there are {members} of {item.name}, and its configuration names {len(named)}: render it again"
            yield Note("uncertain", message, item.where())


def _without_values(objects: list[Manifest]) -> Iterator[Manifest]:
    """``objects`` with no value in the Secrets that were rendered, wherever a value came from since: what they open is
    in the record, and an address in them would tell it again in other words."""
    ours = {item.key for item in objects if item.kind == "Secret" and _is_ours(item)}
    for item in objects:
        if item.key not in ours:
            yield item
        elif _is_ours(item):  # else it only holds the values, and was written beside the manifests
            data = {**item.map(item.value, "data"), **item.map(item.value, "stringData")}
            rest = {key: value for key, value in item.value.items() if key not in ("data", "stringData")}
            yield replace(item, value={**rest, "data": dict.fromkeys(data)})


def _is_ours(item: Manifest) -> bool:
    return item.map(item.metadata, "labels").get(marks.MANAGED_BY) == marks.NOVAPLAN


def _records(manifest: Manifest, annotations: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    if marks.RECORD in annotations and not manifest.metadata.get("ownerReferences"):
        # A controller gives its annotations to what it makes, and what it made before keeps the old ones.
        yield annotations[marks.RECORD], marks.RECORD
    if marks.GENERATED_FOR in annotations and manifest.kind == "ConfigMap":
        data = manifest.map(manifest.value, "data")
        if marks.RECORD_KEY in data:
            yield data[marks.RECORD_KEY], marks.RECORD_KEY


def _without(manifest: Manifest) -> Manifest:
    """An object without what its mark names. The one that was read stays as it is."""
    mark = manifest.map(manifest.metadata, "annotations").get(marks.GENERATED)
    path = template_path(manifest)
    names = _names(manifest, mark) if mark is not None else {}
    if path is None or not names:
        return manifest
    known = isinstance(manifest.value, YamlMap)
    cleaned = replace(manifest, value=clone(manifest.value) if known else _copied(manifest.value))
    node = cleaned.value
    for step in (*path, "spec"):
        node = cleaned.map(node, step)
    for field in _OF_PODS:
        _leave_out(cleaned, node, field, names)
    for container in [*cleaned.maps(node, "containers"), *cleaned.maps(node, "initContainers")]:
        for field in _OF_CONTAINERS:
            _leave_out(cleaned, container, field, names)
    return cleaned


def _copied(value: Any) -> Any:
    """A copy of an object in memory, which knows no lines."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _leave_out(manifest: Manifest, node: dict[str, Any], field: str, names: dict[str, frozenset[str]]) -> None:
    out = names.get(field)
    if out:
        listed = manifest.maps(node, field)
        for index in range(len(listed) - 1, -1, -1):
            if _name(listed[index]) in out:
                remove(listed, index)


def _name(item: dict[str, Any]) -> str | None:
    """The name of one item of a list; of a whole set of variables, that of the object it comes from."""
    for field, _ in REFERENCES:
        if isinstance(item.get(field), dict):
            item = item[field]
    return text_of(item.get("name"))


def _names(manifest: Manifest, mark: Any) -> dict[str, frozenset[str]]:
    """What a mark names, by field."""
    try:
        value = json.loads(mark) if isinstance(mark, str) else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not all(isinstance(items, list) for items in value.values()):
        message = "should be a JSON object of lists of names, as novaplan writes it; render again, or take it out"
        manifest.fail(message, manifest.map(manifest.metadata, "annotations"), marks.GENERATED)
    return {field: frozenset(item for item in items if isinstance(item, str)) for field, items in value.items()}
