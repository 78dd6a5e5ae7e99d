"""The files of Patroni, as values that know their lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.programs import Server, servers
from novaplan.documents import reader
from novaplan.errors import NovaplanError
from novaplan.importers.draft import Draft, MountedFile, Where


def patroni_files(draft: Draft) -> Iterator[tuple[Server, MountedFile, dict[str, Any] | None]]:
    """Each file that a Patroni reads, with what it says; None where that is no YAML."""
    for server in servers(draft, "patroni"):
        for file in server.container.files:
            if file.path in server.container.command or file.path.endswith(("/patroni.yml", "/patroni.yaml")):
                try:
                    value = reader.parse(file.text, file=file.where.file + "#")[0].value
                except (NovaplanError, IndexError):
                    yield server, file, None
                else:
                    yield server, file, value if isinstance(value, dict) else {}


def at(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The map under ``keys``, empty when there is none."""
    for key in keys:
        found = value.get(key)
        value = found if isinstance(found, dict) else {}
    return value


def place(file: MountedFile, node: dict[str, Any], key: str) -> Where:
    """Where ``key`` of ``node`` stands in a file."""
    line = node.line_of(key) if isinstance(node, reader.YamlMap) and key in node else 1
    return Where(file.where.file, (file.where.line or 1) + line - 1, file.where.field)
