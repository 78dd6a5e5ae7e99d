"""Kubernetes objects as they were read, and how their fields are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from novaplan.documents.positions import Document, YamlList, YamlMap
from novaplan.errors import InputError
from novaplan.importers import naming
from novaplan.importers.draft import Note, Where

_LARGEST: Final = (1 << 31) - 1
"""Of an integer of Kubernetes' API."""
_MOST_NESTED: Final = 10
"""Levels of lists in lists; kubectl prints one."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object: what it is, and where it was written."""

    kind: str
    name: str
    namespace: str | None
    group: str
    """Of its API, without the version: ``apps``, empty for the core group."""
    api_version: str
    value: dict[str, Any]
    file: str
    line: int
    origins: dict[str, Where] | None = None
    """Where the texts of a generated ConfigMap or Secret stand, by key, when that is another file."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from every other object of a cluster."""
        return (self.group, self.kind, self.namespace or "default", self.name)

    @property
    def spec(self) -> dict[str, Any]:
        """Its ``spec``, empty when there is none."""
        return self.map(self.value, "spec")

    @property
    def metadata(self) -> dict[str, Any]:
        """Its ``metadata``."""
        return self.map(self.value, "metadata")

    def where(self, field: str | None = None, line: int | None = None) -> Where:
        """A place in it."""
        return Where(self.file, line or self.line, field)

    def fail(self, message: str, node: Any = None, key: str | None = None, field: str | None = None) -> NoReturn:
        """Raise for what is wrong under ``key`` of ``node``."""
        line = line_of(node, key) or self.line
        shown = f"{self.kind} {self.name}" + (f": {field or key}" if field or key else "")
        raise InputError(message, file=self.file, line=line, field=shown)

    def map(self, node: dict[str, Any], key: str) -> dict[str, Any]:
        """The map under ``key``, empty when there is none. Raises InputError when it is something else."""
        value = node.get(key)
        if value is None:
            return _NOTHING
        if not isinstance(value, dict):
            self.fail("should be a map of fields", node, key)
        return value

    def maps(self, node: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """The list of maps under ``key``. Raises InputError when it is something else."""
        value = node.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fail("should be a list", node, key)
        if _ONLY_MAPS.issuperset(map(type, value)):
            return value
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                line = line_of(value, index)
                raise InputError(
                    "should be a map of fields", file=self.file, line=line or self.line, field=f"{key}[{index}]"
                )
        return value

    def texts(self, node: dict[str, Any], key: str) -> list[str]:
        """The list of texts under ``key``."""
        value = node.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fail("should be a list", node, key)
        return [text_of(item) or "" for item in value]

    def whole(self, node: dict[str, Any], key: str, *, least: int = 0) -> int | None:
        """The whole number under ``key``. Raises InputError when it is none, too small, or too large."""
        value = node.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail("should be a whole number", node, key)
        if value < least:
            self.fail(f"{value} is too small; the least is {least}", node, key)
        if value > _LARGEST:
            self.fail(f"{value} is too large; the largest is {_LARGEST}", node, key)
        return value


_NOTHING: Final[dict[str, Any]] = {}
_ONLY_MAPS: Final = frozenset((YamlMap, dict))


def text_of(value: Any) -> str | None:
    """A scalar as Kubernetes would take it for text; None for what is no scalar, or nothing."""
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, dict | list | set):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def line_of(node: Any, key: str | int | None) -> int | None:
    """The line of a key of a map or an item of a list, where it is known; that of the whole otherwise."""
    if isinstance(node, YamlMap):
        if isinstance(key, str) and key in node:
            try:
                return node.line_of(key)
            except KeyError:  # added by a patch
                return node.line
        return node.line
    if isinstance(node, YamlList):
        if isinstance(key, int) and key < len(node.lines):
            return node.lines[key]
        return node.line
    return None


def manifests(documents: Iterable[Document], notes: list[Note]) -> Iterator[Manifest]:
    """The objects of documents, lists taken apart. What is no object is reported as left out."""
    for document in documents:
        if document.value is not None:
            yield from _objects(document.value, document.file, document.line, notes, 0)


def _objects(value: Any, file: str, line: int, notes: list[Note], depth: int) -> Iterator[Manifest]:
    if isinstance(value, list):
        yield from _items(value, file, line, notes, depth)
        return
    if not isinstance(value, dict):
        notes.append(Note("left out", "a document that is no map, so no Kubernetes object", Where(file, line)))
        return
    kind, api_version = value.get("kind"), value.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(api_version, str):
        missing = "kind" if not isinstance(kind, str) else "apiVersion"
        notes.append(Note("left out", f"a document without {missing}, so no Kubernetes object", Where(file, line)))
        return
    line = line_of(value, None) or line
    items = value.get("items")
    if kind.endswith("List") and (kind == "List" or isinstance(items, list)):
        yield from _items(items or [], file, line, notes, depth, value)
        return
    yield manifest_of(value, file, line)


def _items(
    items: Any, file: str, line: int, notes: list[Note], depth: int, parent: dict[str, Any] | None = None
) -> Iterator[Manifest]:
    if not isinstance(items, list) or depth >= _MOST_NESTED:
        raise InputError("should be a list of objects", file=file, line=line, field="items")
    for index, item in enumerate(items):
        own = line_of(items, index) or line
        if parent is not None and isinstance(item, dict) and "kind" not in item:
            # kubectl leaves the kind out of the items of a DeploymentList.
            item = YamlMap(item)
            item.line, item.lines = own, []
            item["kind"] = str(parent["kind"]).removesuffix("List")
            item.setdefault("apiVersion", parent.get("apiVersion"))
        yield from _objects(item, file, own, notes, depth + 1)


def manifest_of(value: dict[str, Any], file: str, line: int, origins: dict[str, Where] | None = None) -> Manifest:
    """An object with a kind and a version. Raises InputError when it has no name."""
    kind, api_version = str(value["kind"]), str(value["apiVersion"])
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if name is None and isinstance(metadata, dict):
        name = metadata.get("generateName")
    text = text_of(name)
    if not text:
        raise InputError("has no name; give it one under metadata.name", file=file, line=line, field=kind)
    if "{{" in text or "{{" in kind:
        raise InputError(HELM_TEMPLATE, file=file, line=line, field=kind)
    namespace = text_of(metadata.get("namespace")) if isinstance(metadata, dict) else None
    group = api_version.rpartition("/")[0]
    # The same objects under the group they had before.
    group = {"extensions": "networking.k8s.io" if kind == "Ingress" else "apps"}.get(group, group)
    # A placeholder that a script would fill in is one namespace too, under a name that a topology takes.
    namespace = naming.name(namespace, "default") if namespace else None
    text = naming.name(text, "default") if kind == "Namespace" else text
    return Manifest(kind, text, namespace, group, api_version, value, file, line, origins)


HELM_TEMPLATE: Final = (
    "is a Helm template, not a manifest; render the chart: helm template NAME FOLDER | novaplan import kubernetes -"
)
