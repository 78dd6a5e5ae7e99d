"""Objects that novaplan rendered: what was only made for the system is left out, and the records are collected.

Everything else is read as in anybody's manifests, so what is edited there counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
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
    kept: list[Manifest] = []
    found_records: list[Record] = []
    for manifest in found:
        notes_of_object = manifest.map(manifest.metadata, "annotations")
        made_for = notes_of_object.get(marks.GENERATED_FOR)
        for text, field in _records(manifest, notes_of_object, made_for is not None):
            where = manifest.where(f"{manifest.kind} {manifest.name}: {field}")
            found_records.append(records.read(text, file=where.file, line=where.line, field=where.field))
        if made_for is None:
            mark = notes_of_object.get(marks.GENERATED)
            kept.append(manifest if mark is None else _without(manifest, mark))
    if found_records:
        count = "1 record" if len(found_records) == 1 else f"{len(found_records)} records"
        notes.append(Note("read", f"{count} of what Kubernetes has no place for"))
    return kept, tuple(found_records)


def _records(manifest: Manifest, annotations: dict[str, Any], made: bool) -> Iterable[tuple[Any, str]]:
    if marks.RECORD in annotations and not manifest.metadata.get("ownerReferences"):
        # A controller gives its annotations to what it makes, and what it made before keeps the old ones.
        yield annotations[marks.RECORD], marks.RECORD
    if made and manifest.kind == "ConfigMap":
        data = manifest.map(manifest.value, "data")
        if marks.RECORD_KEY in data:
            yield data[marks.RECORD_KEY], marks.RECORD_KEY


def _without(manifest: Manifest, mark: Any) -> Manifest:
    """The workload without what its mark names. The object that was read stays as it is."""
    path = template_path(manifest)
    names = _names(manifest, mark)
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
