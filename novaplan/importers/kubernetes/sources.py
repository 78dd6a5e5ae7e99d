"""Where manifests come from: files, folders, kustomizations, charts, standard input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from novaplan.documents import reader
from novaplan.documents.positions import Document
from novaplan.documents.source import STANDARD_INPUT
from novaplan.errors import DocumentError, InputError
from novaplan.importers.draft import Note, Where
from novaplan.importers.kubernetes.charts import CHART, read_chart, remedy
from novaplan.importers.kubernetes.manifests import HELM_TEMPLATE, Manifest, manifests

KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_EXTENSIONS: Final = (".yaml", ".yml", ".json")


def read_all(paths: Iterable[str | os.PathLike[str]], notes: list[Note]) -> list[Manifest]:
    """The objects under ``paths``, in the order in which they would be applied.

    Raises InputError or DocumentError when one of them is a chart that needs Helm itself, cannot be read, or there is
    no object at all.
    """
    found: list[Manifest] = []
    listed = [os.fspath(path) for path in paths]
    if not listed:
        raise InputError("name a file or folder to import, or - for standard input")
    for path in listed:
        found += _read_path(path, notes)
    if not found:
        shown = ", ".join("<stdin>" if path == STANDARD_INPUT else path for path in listed)
        raise InputError("holds no Kubernetes object; hand over manifests", file=shown)
    return found


def _read_path(path: str, notes: list[Note]) -> list[Manifest]:
    if path == STANDARD_INPUT:
        return read_file(path, notes)
    if os.path.isdir(path):  # noqa: PTH112 - Path would raise for a name with a NUL in it
        return _read_folder(Path(path), notes)
    if os.path.basename(path) in KUSTOMIZATIONS:  # noqa: PTH119
        return _build(Path(path).parent, notes)
    if os.path.basename(path) == CHART:  # noqa: PTH119
        return read_chart(Path(path).parent, notes)
    return read_file(path, notes)


def read_file(path: str, notes: list[Note]) -> list[Manifest]:
    """The objects of one file. Raises DocumentError, and InputError for a template of Helm."""
    documents = read_documents(path)
    found = list(manifests(documents, notes))
    shown = documents[0].file if documents else path
    count = "1 object" if len(found) == 1 else f"{len(found)} objects"
    notes.append(Note("read", count, Where(shown)))
    return found


def read_documents(path: str) -> list[Document]:
    """The documents of a file; a template of Helm is told from mere bad YAML."""
    try:
        return reader.read(path)
    except DocumentError as error:
        if path != STANDARD_INPUT and _is_template(path):
            line = error.problems[0].line
            raise InputError(HELM_TEMPLATE, file=path, line=line) from None
        raise


def kustomization_in(folder: Path) -> Path | None:
    """The kustomization file of a folder."""
    return next((folder / name for name in KUSTOMIZATIONS if (folder / name).is_file()), None)


def _is_template(path: str) -> bool:
    try:
        with Path(path).open("rb") as stream:
            text = stream.read(reader.MOST_BYTES)
    except (OSError, ValueError):  # a NUL in the name
        return False
    return any(mark in text for mark in (b"{{-", b"{{ .", b"{{.", b"{{ include", b"{{ template", b"{{ if", b"{{ range"))


def _read_folder(folder: Path, notes: list[Note]) -> list[Manifest]:
    if (folder / CHART).is_file():
        return read_chart(folder, notes)
    if kustomization_in(folder):
        return _build(folder, notes)
    files, kustomizations = _walk(folder, notes)
    found: list[Manifest] = []
    for file in files:
        found += read_file(str(file), notes)
    for root in _roots(kustomizations):
        found += _build(root, notes)
    return found


def _walk(folder: Path, notes: list[Note]) -> tuple[list[Path], list[Path]]:
    """Files to read and folders to build, sorted; charts below are left out and told."""
    files: list[Path] = []
    kustomizations: list[Path] = []

    def refuse(error: OSError) -> None:
        raise DocumentError("may not be read; check its permissions", file=error.filename) from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if CHART in names:
            notes.append(Note("left out", f"a Helm chart; {remedy(here)}", Where(str(here))))
            folders.clear()
        elif any(name in KUSTOMIZATIONS for name in names):
            kustomizations.append(here)
        else:
            files += [here / name for name in sorted(names) if name.lower().endswith(_EXTENSIONS)]
    # What a kustomization names is read through it, not beside it.
    return [file for file in files if not _is_below(file, kustomizations)], kustomizations


def _is_below(file: Path, folders: list[Path]) -> bool:
    return any(folder in file.parents for folder in folders)


def _roots(folders: list[Path]) -> Iterator[Path]:
    """The kustomizations that no other one of them uses."""
    from novaplan.importers.kubernetes.kustomize import folders_used

    used = {used.resolve() for folder in folders for used in folders_used(folder)}
    return (folder for folder in folders if folder.resolve() not in used)


def _build(folder: Path, notes: list[Note]) -> list[Manifest]:
    from novaplan.importers.kubernetes.kustomize import build  # few imports have one

    found = build(folder, notes)
    notes.append(Note("read", f"a kustomization of {len(found)} objects", Where(str(folder))))
    return found
