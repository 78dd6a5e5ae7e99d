"""``extends``: a service on top of another one, of the same file or of another.

The result has everything of the base, ``depends_on`` and ``links`` too: what they name must be declared where it is
used, and who reads the project says so when it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from novaplan.documents.positions import Document, YamlMap
from novaplan.errors import InputError, nearest
from novaplan.importers.compose.disk import exists, joined, real
from novaplan.importers.compose.merging import merge_service, settle
from novaplan.importers.compose.nodes import Converter, Field, Node

if TYPE_CHECKING:
    from novaplan.importers.compose.loading import Loader

DEEPEST: Final = 50

Chain = tuple[tuple[str, str], ...]
"""The services that extend each other, each with its file."""


class Extender:
    """Resolves the ``extends`` of the services of one file."""

    def __init__(self, loader: Loader, environment: Mapping[str, str]) -> None:
        self._loader = loader
        self._environment = environment
        # With the node itself, which keeps its id from being given to another.
        self._done: dict[int, tuple[Node, Node]] = {}
        self._files: dict[str, _Services] = {}

    def extended(self, name: str, services: Mapping[str, Node], chain: Chain = ()) -> Node:
        """The service ``name`` of ``services`` with what it extends under it. Tags stay for the merge to come."""
        node = services[name]
        if not isinstance(node.value, dict) or node.value.get("extends") is None:
            return node
        if id(node) in self._done:
            return self._done[id(node)][1]
        extends = Field(node.value["extends"], f"services.{name}.extends")
        target, file = _target(extends)
        here = (real(node.origin.file), name)
        if here in chain:
            extends.fail("comes back to itself: " + " extends ".join([*(step for _, step in chain), name]))
        if len(chain) >= DEEPEST:
            extends.fail(f"is the {DEEPEST}th service that extends another in a row; use fewer levels")
        base = self._base(target, file, services, extends, (*chain, here))
        own = node.of({key: item for key, item in node.value.items() if key != "extends"})
        merged = merge_service(settle(base), own, f"services.{name}", keep_tags=True)
        result = Node(merged.value, node.origin, node.line, node.tag)
        self._done[id(node)] = (node, result)
        return result

    def _base(
        self,
        target: str,
        file: str | None,
        services: Mapping[str, Node],
        extends: Field,
        chain: Chain,
    ) -> Node:
        if file is None:
            _require(target, services, extends, extends.node.origin.file)
            return self.extended(target, services, chain)
        path = joined(extends.node.origin.folder, file)
        if path not in self._files:
            self._files[path] = self._read(path, extends)
        others = self._files[path]
        _require(target, others, extends, path)
        base = self.extended(target, others, chain)
        if base.value is not None and not isinstance(base.value, dict):
            Field(base, f"services.{target}").fail("should be a map that describes the service")
        return base if base.value is not None else base.of({})

    def _read(self, path: str, extends: Field) -> _Services:
        if "://" in path:
            extends.fail("extends a service of a file on another machine; fetch it and name the copy")
        if not exists(path):
            extends.fail(f"extends a service of {path}, which does not exist")
        converter = self._loader.converter(path, Path(path).parent, self._environment, lent=True)
        return _Services(self._loader.documents(path), converter)


class _Services(Mapping[str, Node]):
    """The services of another file. Each becomes nodes when it is asked for, so that nothing is told of the others."""

    def __init__(self, documents: list[Document], converter: Converter) -> None:
        self._raw: dict[str, tuple[object, int]] = {}
        self._converter = converter
        for document in documents:
            top = document.value
            if top is None:
                continue
            services = top.get("services") if isinstance(top, YamlMap) else None
            if not isinstance(services, YamlMap):
                raise InputError("should have a map of services", file=document.file, line=document.line)
            for (name, value), line in zip(services.items(), services.lines, strict=True):
                self._raw[name] = (value, line)

    def __getitem__(self, name: str) -> Node:
        value, line = self._raw[name]
        return self._converter.node(value, line, f"services.{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


def _target(extends: Field) -> tuple[str, str | None]:
    if isinstance(extends.value, str):
        return extends.value, None
    service, file = extends.get("service"), extends.get("file")
    if service is None:
        extends.fail("should name the service that it extends")
    return service.text(), file.text() if file else None


def _require(target: str, services: Mapping[str, Node], extends: Field, file: str) -> None:
    if target not in services:
        extends.fail(f"extends the service {target!r}, which is not in {file}{nearest(target, services)}")
