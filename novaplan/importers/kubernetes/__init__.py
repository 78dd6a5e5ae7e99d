"""Kubernetes manifests become a topology.

Reading order: ``sources`` finds the objects (``kustomize`` builds them where a kustomization says so), ``index``
arranges them, ``workloads``, ``pods`` and ``variables`` read what runs, ``networking``, ``scaling`` and ``routes`` what
belongs to it, and ``drafting`` puts the draft together.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from novaplan.documents.positions import Document
from novaplan.importers.derivation import derive
from novaplan.importers.draft import Draft, Note
from novaplan.importers.kubernetes.drafting import draft
from novaplan.importers.kubernetes.manifests import manifests
from novaplan.importers.kubernetes.sources import read_all
from novaplan.importers.report import Report
from novaplan.topology.base import replace
from novaplan.topology.system import Topology

__all__ = ["draft_kubernetes", "import_kubernetes", "import_objects"]


def import_kubernetes(paths: Iterable[str | os.PathLike[str]], *, name: str | None = None) -> tuple[Topology, Report]:
    """The topology that manifests describe, and a report of what was left out or is uncertain.

    ``paths`` are files, folders (read through, or built where they are kustomizations) and ``-`` for standard input;
    ``name`` names the system, by default after the first path. Raises InputError or DocumentError, with file, line and
    field, when something cannot be read or Kubernetes would refuse it.
    """
    with _without_garbage_collection():
        topology, told = derive(draft_kubernetes(paths, name=name))
        return (replace(topology, name=name) if name else topology), told


def import_objects(objects: Iterable[dict[str, Any]]) -> tuple[Topology, Report]:
    """The topology that manifests in memory describe; they stay as they are. In places, the line is the number of the
    object, from 1. Raises as ``import_kubernetes`` does."""
    with _without_garbage_collection():
        notes: list[Note] = []
        documents = (Document(item, "", number) for number, item in enumerate(objects, 1))
        return derive(draft(manifests(documents, notes), notes, name="system"))


def draft_kubernetes(paths: Iterable[str | os.PathLike[str]], *, name: str | None = None) -> Draft:
    """What manifests say, before anything is concluded from it. Raises as ``import_kubernetes`` does."""
    listed = [os.fspath(path) for path in paths]
    notes: list[Note] = []
    found = read_all(listed, notes)
    return draft(found, notes, name=name or _name(listed[0]))


def _name(path: str) -> str:
    if path == "-":
        return "system"
    resolved = Path(path).resolve()
    return (resolved.name if resolved.is_dir() else resolved.stem) or "system"


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """An import makes many objects and no cycles; looking for cycles among them takes longer than the work itself."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                # Freezing and unfreezing makes everything old; else the collector would walk all of it at once.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
