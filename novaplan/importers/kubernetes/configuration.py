"""What ConfigMaps and Secrets hold, in memory only, and who shares them."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from novaplan.importers.draft import NamedObject, Note, Secret, Where
from novaplan.importers.kubernetes.index import Index
from novaplan.importers.kubernetes.manifests import Manifest, line_of, text_of
from novaplan.importers.kubernetes.secret_sources import stated_keys

StoreKind = Literal["ConfigMap", "Secret"]

PROGRAMS_THAT_SHARE: Final = 3
"""As many different programs must take a whole ConfigMap before it says nothing about any one of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: its text (None when it is no text, or cannot be decoded), and where it stands."""

    text: str | None = field(repr=False)
    line: int
    file: str | None = None
    """The file, when it is not that of the whole."""


@dataclass(frozen=True, slots=True)
class Store:
    """A ConfigMap or a Secret."""

    kind: StoreKind
    name: str
    file: str
    entries: dict[str, Entry]

    def where(self, key: str, name: str = "") -> Where:
        """The place of a key, told for the variable ``name``."""
        shown = f"{self.kind} {self.name}, {key}"
        entry = self.entries.get(key)
        file = (entry.file if entry else None) or self.file
        return Where(file, entry.line if entry else None, f"{name} ({shown})" if name else shown)


class Configuration:
    """The ConfigMaps and Secrets of an import. ``uses`` counts the programs that take one whole."""

    def __init__(self, index: Index, notes: list[Note]) -> None:
        self._index = index
        self._notes = notes
        self._stores: dict[tuple[StoreKind, str | None, str], Store | None] = {}
        self._uses: dict[tuple[StoreKind, str | None, str], set[str]] = defaultdict(set)

    def store(self, kind: StoreKind, namespace: str | None, name: str) -> Store | None:
        """One of them, None when it is not here."""
        key = (kind, namespace, name)
        if key not in self._stores:
            manifest = self._index.get(kind, namespace, name)
            self._stores[key] = _store(kind, manifest, self._notes) if manifest is not None else None
        return self._stores[key]

    def used(self, kind: StoreKind, namespace: str | None, name: str, program: str) -> None:
        """Remember that ``program`` takes it whole."""
        self._uses[kind, namespace, name].add(program)

    def shared(self, kind: StoreKind, namespace: str | None, name: str) -> str | None:
        """How the report calls it when too many different programs take it whole; None otherwise."""
        if len(self._uses.get((kind, namespace, name), ())) < PROGRAMS_THAT_SHARE:
            return None
        return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"

    def secrets(self) -> tuple[Secret, ...]:
        """Every Secret, with the names of its keys."""
        found = []
        for manifest in self._index.of_kind("Secret"):
            store = self.store("Secret", manifest.namespace, manifest.name)
            keys = tuple(store.entries) if store is not None else ()
            kind = text_of(manifest.value.get("type")) or "Opaque"
            found.append(Secret(manifest.name, manifest.where(), manifest.namespace, kind, keys))
        return tuple(found)

    def configs(self) -> tuple[NamedObject, ...]:
        """Every ConfigMap by name."""
        return tuple(
            NamedObject(item.kind, item.name, item.where(), item.namespace, item.api_version)
            for item in self._index.of_kind("ConfigMap")
        )


def _store(kind: StoreKind, manifest: Manifest, notes: list[Note]) -> Store:
    entries: dict[str, Entry] = {}
    plain = manifest.map(manifest.value, "data")
    for key, line, value in _with_lines(plain, manifest.line):
        text = text_of(value)
        if kind == "Secret" and text:
            text = _decoded(text)
            if text is None:
                where = manifest.where(f"data.{key}", line)
                notes.append(Note("uncertain", f"Secret {manifest.name}: this value is no text in base64", where))
        entries[key] = Entry(text, line + _is_block(text))
    for key, line, value in _with_lines(manifest.map(manifest.value, "stringData"), manifest.line):
        text = text_of(value)
        entries[key] = Entry(text, line + _is_block(text))
    for key, line, _ in _with_lines(manifest.map(manifest.value, "binaryData"), manifest.line):
        entries.setdefault(key, Entry(None, line))
    if kind == "Secret":
        for key in stated_keys(manifest):
            entries.setdefault(key, Entry(None, manifest.line))
    for key, where in (manifest.origins or {}).items():
        if key in entries:
            entries[key] = Entry(entries[key].text, where.line or 1, where.file)
    return Store(kind, manifest.name, manifest.file, entries)


def _with_lines(node: dict[str, Any], line: int) -> list[tuple[str, int, Any]]:
    lines = getattr(node, "lines", None)
    if lines is None or len(lines) != len(node):
        return [(key, line_of(node, key) or line, value) for key, value in node.items()]
    return [(key, own, value) for (key, value), own in zip(node.items(), lines, strict=True)]


def _is_block(text: str | None) -> bool:
    """A text of several lines is written below its key."""
    return text is not None and "\n" in text


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
