"""ConfigMaps and Secrets that a kustomization makes from literals and files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from novaplan.documents.source import decode, load
from novaplan.errors import DocumentError, InputError
from novaplan.importers.draft import Where
from novaplan.importers.kubernetes import trees
from novaplan.importers.kubernetes.manifests import Manifest, line_of, manifest_of, text_of

GENERATORS: Final = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))


def generated(folder: Path, kustomization: dict[str, Any], file: str) -> Iterator[tuple[Manifest, str]]:
    """What the generators of a kustomization make, each with its behaviour: create, merge or replace."""
    for field, kind in GENERATORS:
        listed = kustomization.get(field)
        if listed is None:
            continue
        if not isinstance(listed, list):
            raise InputError("should be a list", file=file, line=line_of(kustomization, field), field=field)
        for item in listed:
            if isinstance(item, dict):
                yield _one(folder, kind, item, file, field), text_of(item.get("behavior")) or "create"


def _one(folder: Path, kind: str, item: dict[str, Any], file: str, field: str) -> Manifest:
    line = line_of(item, None) or 1
    name = text_of(item.get("name"))
    if not name:
        raise InputError("needs a name", file=file, line=line, field=field)
    texts: dict[str, str] = {}
    origins: dict[str, Where] = {}
    for key, text, where in _entries(folder, item, file, line):
        texts[key] = text
        origins[key] = where
    holder = "stringData" if kind == "Secret" else "data"
    value = trees.new_map(line, apiVersion="v1", kind=kind, metadata={"name": name}, **{holder: texts})
    namespace = text_of(item.get("namespace"))
    if namespace:
        trees.put(value["metadata"], "namespace", namespace)
    return manifest_of(value, file, line, origins)


def _entries(folder: Path, item: dict[str, Any], file: str, line: int) -> Iterator[tuple[str, str, Where]]:
    for literal, own in _listed(item, "literals", line):
        key, mark, text = literal.partition("=")
        if not mark:
            raise InputError("should be KEY=VALUE", file=file, line=own, field="literals")
        yield key, text.strip("'\"") if text[:1] in "'\"" and text[:1] == text[-1:] else text, Where(file, own)
    for entry, own in _listed(item, "files", line):
        key, mark, path = entry.partition("=")
        path = path if mark else entry
        content = _text(folder / path, file, own)
        if content is not None:
            yield key if mark else Path(path).name, content, Where(str(folder / path), 1)
    single = text_of(item.get("env"))
    for entry, own in [*_listed(item, "envs", line), *([(single, line)] if single else [])]:
        lines = (_text(folder / entry, file, own) or "").splitlines()
        for number, written in enumerate(lines, 1):
            key, mark, value = written.strip().partition("=")
            if mark and not key.startswith("#"):
                yield key, value, Where(str(folder / entry), number)


def _listed(item: dict[str, Any], key: str, line: int) -> Iterator[tuple[str, int]]:
    value = item.get(key)
    for index, entry in enumerate(value if isinstance(value, list) else []):
        text = text_of(entry)
        if text:
            yield text, line_of(value, index) or line


def _text(path: Path, file: str, line: int) -> str | None:
    """The text of a file, None when it is binary. Raises InputError, told at the kustomization, when there is none."""
    try:
        data = load(str(path))
    except DocumentError as error:
        raise InputError(f"{path}: {error.problems[0].message}", file=file, line=line, field="files") from None
    try:
        return decode(data, str(path))
    except DocumentError:
        return None
