"""Compose files, read and merged: several files, ``include`` and ``extends``, to one project.

The order is that of docker compose: variables are filled in for each file by itself; what a file includes and what its
services extend is resolved within that file; then it goes over the files before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from novaplan.documents import reader
from novaplan.documents.positions import Document, YamlMap
from novaplan.errors import InputError, nearest
from novaplan.importers.compose.disk import exists, is_file, is_special, joined, real
from novaplan.importers.compose.dotenv import read_env, values_of
from novaplan.importers.compose.extending import Extender
from novaplan.importers.compose.merging import merge_plain, merge_service, settle
from novaplan.importers.compose.nodes import OVERRIDE, RESET, Converter, Field, Node, Origin
from novaplan.importers.compose.notes import Notes
from novaplan.importers.marks import COMPOSE_RECORD

STANDARD_INPUT: Final = "-"
SECTIONS: Final = ("services", "networks", "volumes", "configs", "secrets", "models")
_TOP: Final = (*SECTIONS, "include", "name", "version")

# Somebody's project stays far below both; files made to multiply must not.
MOST_FILES: Final = 1000
DEEPEST_INCLUDE: Final = 50

Section = dict[str, Node]
Layer = dict[str, Section]
"""What is merged so far: for each section its entries by name."""


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for the files that are merged with each other."""

    folder: Path
    """Relative paths start here."""
    environment: Mapping[str, str]
    chain: tuple[str, ...] = ()
    """The files that include each other, outermost first."""


class Loader:
    """Reads the files of one project, each from disk once."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._documents: dict[str, list[Document]] = {}
        self._loaded = 0
        self.records: list[Field] = []
        """What novaplan recorded at the top of the files."""

    def load(self, files: list[str], context: Context) -> Layer:
        """Everything that ``files`` declare, merged in their order, with tags and ``extends`` resolved."""
        layer: Layer = {section: {} for section in SECTIONS}
        for file in files:
            self._loaded += 1
            if self._loaded > MOST_FILES:
                raise InputError(f"would be file {MOST_FILES + 1:,} to read; the files include each other", file=file)
            for document in self.documents(file):
                if document.value is not None:
                    self._add(layer, document, context)
        return layer

    def documents(self, file: str) -> list[Document]:
        """The documents of a file. Raises DocumentError."""
        key = file if file == STANDARD_INPUT else real(file)
        known = self._documents.get(key)
        if known is None:
            if file != STANDARD_INPUT and is_special(file):
                raise InputError("is no ordinary file; name a compose file", file=file)
            known = self._documents[key] = reader.read(file, dialect="compose", tags="keep")
        return known

    def converter(
        self, file: str, folder: Path, environment: Mapping[str, str], *, lent: bool = False, rendered: bool = False
    ) -> Converter:
        """What makes nodes of a document of ``file``, which novaplan ``rendered`` or somebody wrote."""
        # Of what novaplan rendered, the contents of secrets come from variables.
        origin = Origin(file, folder, {} if rendered else environment, lent)
        fill = self._notes.interpolated
        return Converter(origin, lambda text, where: fill(text, environment.get, where, rendered=rendered))

    def _add(self, layer: Layer, document: Document, context: Context) -> None:
        raw = _top_level(document)
        rendered = COMPOSE_RECORD in raw
        converter = self.converter(document.file, context.folder, context.environment, rendered=rendered)
        if rendered:
            node = converter.node(raw[COMPOSE_RECORD], raw.line_of(COMPOSE_RECORD), COMPOSE_RECORD)
            self.records.append(Field(node, COMPOSE_RECORD))
        own = {section: _entries(raw, section, converter) for section in SECTIONS}
        included = self._included(raw, converter, context)
        extender = Extender(self, context.environment)
        known = {**layer["services"], **included["services"], **own["services"]}
        own["services"] = {name: extender.extended(name, known) for name in own["services"]}
        for section in SECTIONS:
            _import(included[section], own[section], section)
            _merge_section(layer[section], own[section], section)

    def _included(self, raw: YamlMap, converter: Converter, context: Context) -> Layer:
        result: Layer = {section: {} for section in SECTIONS}
        if raw.get("include") is None:
            return result
        include = Field(converter.node(raw["include"], raw.line_of("include"), "include"), "include")
        if not isinstance(include.value, list):
            include.fail("should be a list of files")
        for entry in include.elements():
            found = self._include(entry, context)
            for section in SECTIONS:
                _import(found[section], result[section], section)
        return result

    def _include(self, entry: Field, context: Context) -> Layer:
        paths, folder, env_files = _include_parts(entry)
        remote = [path for path in paths if is_remote(path)]
        if remote:
            self._notes.left_out("a file on another machine is included; it was not read", entry.where)
            return {section: {} for section in SECTIONS}
        files = [joined(context.folder, path) for path in paths]
        for file in files:
            if not exists(file):
                entry.fail(f"includes {file}, which does not exist")
            if real(file) in context.chain:
                entry.fail(f"includes {file}, which includes this file; an include must not come back to itself")
        if len(context.chain) >= DEEPEST_INCLUDE:
            entry.fail(f"is the {DEEPEST_INCLUDE}th include inside an include; include fewer levels")
        inner = Path(joined(context.folder, folder)) if folder is not None else Path(files[0]).parent
        chain = (*context.chain, *map(real, files))
        variables = self._include_environment(env_files, inner, context, entry)
        return self.load(files, Context(inner, variables, chain))

    def _include_environment(
        self, env_files: list[str], folder: Path, context: Context, entry: Field
    ) -> Mapping[str, str]:
        """The variables of an included file: its own, under those of the file that includes it."""
        files = [Path(joined(context.folder, file)) for file in env_files]
        for file in files:
            if not exists(file):
                entry.fail(f"names the environment file {file}, which does not exist")
        if not files and is_file(folder / ".env"):
            files = [folder / ".env"]
        found: dict[str, str] = {}
        for file in files:
            found.update(values_of(read_env(file, {**found, **context.environment})))
        return {**found, **context.environment}


def is_remote(path: str) -> bool:
    """Whether a file is to be fetched from somewhere else."""
    return "://" in path or path.startswith("git@")


def _include_parts(entry: Field) -> tuple[list[str], str | None, list[str]]:
    """The files, the project folder and the environment files of one include."""
    if not isinstance(entry.value, dict):
        return [entry.text()], None, []
    path, folder, env = (entry.get(key) for key in ("path", "project_directory", "env_file"))
    paths = [item.text() for item in path.elements()] if path else []
    if not paths:
        entry.fail("should name the file to include as its path")
    env_files = [item.text() for item in env.elements()] if env else []
    return paths, folder.text() if folder else None, env_files


def _top_level(document: Document) -> YamlMap:
    raw = document.value
    if not isinstance(raw, YamlMap):
        raise InputError("should be a map with services at its top", file=document.file, line=document.line)
    unknown = [key for key in raw if key not in _TOP and not key.startswith("x-")]
    if not unknown:
        return raw
    if not any(key in raw for key in ("services", "include", "version")):
        kinds = {key for value in raw.values() if isinstance(value, dict) for key in value}
        message = "is no compose file: it has no services at its top"
        if "apiVersion" in raw:
            message += "; this is a Kubernetes manifest, for 'novaplan import kubernetes'"
        elif kinds & {"image", "build"}:
            message += "; put what stands at the top under 'services:'"
        raise InputError(message, file=document.file, line=raw.line_of(unknown[0]))
    line = raw.line_of(unknown[0])
    message = f"is not known at the top of a compose file{nearest(unknown[0], _TOP)}"
    raise InputError(message, file=document.file, line=line, field=unknown[0])


def _entries(raw: YamlMap, section: str, converter: Converter) -> Section:
    if raw.get(section) is None:
        return {}
    field = Field(converter.node(raw[section], raw.line_of(section), section), section)
    entries = dict(field.mapping())
    for name, node in entries.items():
        if node.value is not None and not isinstance(node.value, dict):
            what = "service" if section == "services" else section.removesuffix("s")
            Field(node, f"{section}.{name}").fail(f"should be a map that describes the {what}")
        if node.value is None and node.tag is None:
            entries[name] = node.of({})
    return entries


def _import(included: Section, own: Section, section: str) -> None:
    """Take over what an included file declares; the same name for something else is an error."""
    for name, node in included.items():
        mine = own.get(name)
        if mine is None:
            own[name] = node
        elif not mine.same(node):
            message = f"is declared again at {node.origin.file}:{node.line}, which is included; rename one of them"
            Field(mine, f"{section}.{name}").fail(message)


def _merge_section(layer: Section, own: Section, section: str) -> None:
    for name, node in own.items():
        base = layer.get(name)
        if node.tag == RESET:
            layer.pop(name, None)
        elif base is None or node.tag == OVERRIDE or base.value is None:
            layer[name] = settle(node)
        elif node.value is not None:
            merge = merge_service if section == "services" else merge_plain
            layer[name] = merge(base, node, f"{section}.{name}")
