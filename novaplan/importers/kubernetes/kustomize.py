"""Kustomizations: what ``kustomize build`` would print, without its generated name hashes, and without the network."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from novaplan.documents import reader
from novaplan.errors import InputError
from novaplan.importers.draft import Note, Where
from novaplan.importers.kubernetes import trees
from novaplan.importers.kubernetes.generators import generated
from novaplan.importers.kubernetes.index import Labels, labels_of
from novaplan.importers.kubernetes.manifests import Manifest, line_of, manifests, text_of
from novaplan.importers.kubernetes.patches import PatchError, apply, merge
from novaplan.importers.kubernetes.sources import kustomization_in, read_documents
from novaplan.importers.kubernetes.transformers import Resource, transform

_REMOTE = re.compile(
    r"^[a-z][a-z0-9+.\-]*://|^git@|^(?:www\.)?(?:github|gitlab|bitbucket)\.(?:com|org)[/:]|\?ref=|\.git(?:$|[/?])"
)
_NOT_DONE: Final = ("helmCharts", "helmChartInflationGenerator", "replacements", "vars", "transformers", "generators")
_DEEPEST: Final = 50


def build(folder: Path, notes: list[Note]) -> list[Manifest]:
    """The objects of a kustomization. Raises InputError when it is malformed, misses a file, or contains itself."""
    return [resource.manifest for resource in _Build(notes).folder(folder, (), [])]


def folders_used(folder: Path) -> list[Path]:
    """The folders that a kustomization takes objects from."""
    file = kustomization_in(folder)
    if file is None:
        return []
    value = _kustomization(file)
    names = [name for field in ("resources", "bases", "components") for name, _ in _texts(value, field)]
    return [folder / name for name in names if not _REMOTE.search(name) and os.path.isdir(folder / name)]  # noqa: PTH112


class _Build:
    def __init__(self, notes: list[Note]) -> None:
        self._notes = notes

    def folder(self, folder: Path, parents: tuple[Path, ...], resources: list[Resource]) -> list[Resource]:
        """``resources`` and those of ``folder``, after everything its kustomization does to them."""
        file = kustomization_in(folder)
        if file is None:
            raise InputError("holds no kustomization.yaml", file=str(folder))
        here = folder.resolve()
        if here in parents or len(parents) > _DEEPEST:
            raise InputError("this kustomization contains itself; break the circle", file=str(file), line=1)
        value, shown = _kustomization(file), str(file)
        # A component changes what it is put into; any other kustomization only what it brings.
        found = resources if value.get("kind") == "Component" else []
        others = [] if value.get("kind") == "Component" else resources
        for field in ("resources", "bases"):
            for name, line in _texts(value, field):
                found += self._resource(folder, name, shown, line, (*parents, here))
        for name, line in _texts(value, "components"):
            if _REMOTE.search(name):
                self._left_out(name, shown, line)
            else:
                found = self.folder(self._existing(folder, name, shown, line), (*parents, here), found)
        self._generate(folder, value, shown, found)
        self._patch(folder, value, shown, found)
        transform(found, value)
        for field in _NOT_DONE:
            if value.get(field):
                where = Where(shown, line_of(value, field), field)
                self._notes.append(
                    Note("uncertain", "is not carried out; build with kustomize and hand over the result", where)
                )
        return [*others, *found]

    def _resource(self, folder: Path, name: str, file: str, line: int, parents: tuple[Path, ...]) -> list[Resource]:
        if _REMOTE.search(name):
            self._left_out(name, file, line)
            return []
        path = self._existing(folder, name, file, line)
        if path.is_dir():
            return self.folder(path, parents, [])
        return [Resource(item) for item in manifests(read_documents(str(path)), self._notes)]

    def _left_out(self, name: str, file: str, line: int) -> None:
        self._notes.append(Note("left out", f"{name} lies elsewhere and is not fetched", Where(file, line)))

    @staticmethod
    def _existing(folder: Path, name: str, file: str, line: int) -> Path:
        path = Path(os.path.normpath(folder / name))
        if not os.path.exists(path):  # noqa: PTH110 - Path raises for names that no file system takes
            raise InputError(f"there is no {name!r}", file=file, line=line, field="resources")
        return path

    def _generate(self, folder: Path, value: dict[str, Any], file: str, found: list[Resource]) -> None:
        for manifest, behaviour in generated(folder, value, file):
            known = [item for item in found if item.kind == manifest.kind and manifest.name in item.names]
            if behaviour == "create" or not known:
                found.append(Resource(manifest))
                continue
            for item in known:
                holder = "stringData" if manifest.kind == "Secret" else "data"
                if behaviour == "replace":
                    for field in ("data", "stringData"):
                        trees.drop(item.value, field)
                held = trees.child(item.value, holder)
                for key, text in manifest.value[holder].items():
                    trees.put(held, key, text)
                    item.origins[key] = (manifest.origins or {})[key]

    def _patch(self, folder: Path, value: dict[str, Any], file: str, found: list[Resource]) -> None:
        for entry, line in _listed(value, "patchesStrategicMerge"):
            text = text_of(entry) or ""
            inline = "\n" in text or ":" in text
            for patch in self._patches(folder, text if inline else None, None if inline else text, file, line):
                self._apply(found, patch, None, file, line)
        for field in ("patches", "patchesJson6902"):
            for entry, line in _listed(value, field):
                if not isinstance(entry, dict):
                    raise InputError("should be a map with a patch or a path", file=file, line=line, field=field)
                target = entry.get("target") if isinstance(entry.get("target"), dict) else None
                inline_text, path = text_of(entry.get("patch")), text_of(entry.get("path"))
                for patch in self._patches(folder, inline_text, path, file, line):
                    self._apply(found, patch, target, file, line)

    def _patches(self, folder: Path, text: str | None, path: str | None, file: str, line: int) -> Iterator[Any]:
        if text is not None:
            documents = reader.parse(text, file=file)
        elif path is not None:
            documents = read_documents(str(self._existing(folder, path, file, line)))
        else:
            raise InputError("needs a patch or a path", file=file, line=line, field="patches")
        yield from (document.value for document in documents if document.value is not None)

    def _apply(self, found: list[Resource], patch: Any, target: dict[str, Any] | None, file: str, line: int) -> None:
        if not isinstance(patch, dict | list) or (isinstance(patch, list) and target is None):
            raise InputError("is neither an object to merge nor a JSON patch with a target", file=file, line=line)
        chosen = [item for item in found if _is_meant(item, patch, target)]
        if not chosen:
            self._notes.append(Note("uncertain", "this patch changes nothing here", Where(file, line, "patches")))
        for resource in chosen:
            if isinstance(patch, list):
                try:
                    resource.value = apply(resource.value, patch)
                except PatchError as error:
                    shown = f"{resource.kind} {resource.name}"
                    raise InputError(f"does not fit {shown}: {error}", file=file, line=line, field="patches") from None
            elif not _merged(resource, patch):
                found.remove(resource)


def _merged(resource: Resource, patch: dict[str, Any]) -> bool:
    """Merge ``patch``, which never renames; False when it deletes the object."""
    name = resource.name
    group = str(resource.value.get("apiVersion", "")).rpartition("/")[0]
    built_in = "." not in group or group.endswith(".k8s.io")
    kept = merge(resource.value, patch, by_key=built_in)
    if kept and resource.name != name:
        resource.rename(name)
    return kept


def _is_meant(resource: Resource, patch: Any, target: dict[str, Any] | None) -> bool:
    if target is None:
        metadata = patch.get("metadata")
        name = text_of(metadata.get("name")) if isinstance(metadata, dict) else None
        namespace = text_of(metadata.get("namespace")) if isinstance(metadata, dict) else None
        same_place = namespace is None or resource.namespace in (None, namespace)
        return patch.get("kind") == resource.kind and name in resource.names and same_place
    api = str(resource.value.get("apiVersion", ""))
    group, _, version = api.rpartition("/")
    wanted_group, wanted_version = text_of(target.get("group")), text_of(target.get("version"))
    asked = (
        wanted_group in (None, "", group),
        wanted_version in (None, "", version),
        _fits(text_of(target.get("kind")), {resource.kind}),
        _fits(text_of(target.get("name")), resource.names),
        _fits(text_of(target.get("namespace")), {resource.namespace or "default"}),
    )
    if not all(asked):
        return False
    metadata = trees.child(resource.value, "metadata")
    return all(
        _selects(text_of(target.get(field)) or "", labels_of(metadata.get(holder)))
        for field, holder in (("labelSelector", "labels"), ("annotationSelector", "annotations"))
    )


def _fits(pattern: str | None, names: set[str]) -> bool:
    """Whether one of ``names`` fits the regular expression of a target. What is none is taken for a name."""
    if not pattern or pattern in names:
        return True
    if len(pattern) > 200 or not re.fullmatch(r"[\w.\-*+?|()\[\]^$]*", pattern) or re.search(r"[*+?)]\)?[*+]", pattern):
        return False  # a pattern that could take for ever
    try:
        return any(re.fullmatch(pattern, name) for name in names)
    except re.error:
        return False


def _selects(selector: str, labels: Labels) -> bool:
    """Whether a selector such as ``app=web,tier!=cache,new`` selects these labels."""
    for term in filter(None, (part.strip() for part in selector.split(","))):
        if "!=" in term:
            key, _, value = term.partition("!=")
            if labels.get(key.strip()) == value.strip():
                return False
        elif "=" in term:
            key, _, value = term.replace("==", "=").partition("=")
            if labels.get(key.strip()) != value.strip():
                return False
        elif (term.lstrip("!") in labels) == term.startswith("!"):
            return False
    return True


def _kustomization(file: Path) -> dict[str, Any]:
    documents = [document for document in read_documents(str(file)) if document.value is not None]
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise InputError("should hold one map of fields", file=str(file), line=1)
    return documents[0].value


def _listed(value: dict[str, Any], field: str) -> Iterator[tuple[Any, int]]:
    listed = value.get(field)
    for index, item in enumerate(listed if isinstance(listed, list) else []):
        yield item, line_of(listed, index) or 1


def _texts(value: dict[str, Any], field: str) -> Iterator[tuple[str, int]]:
    for item, line in _listed(value, field):
        text = text_of(item)
        if text:
            yield text, line
