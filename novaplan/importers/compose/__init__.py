"""Compose files as a topology.

Reading order: ``reading`` turns files into a draft, with ``loading``, ``merging`` and ``extending`` resolving what they
say together, and ``workloads`` and its helpers reading what a service says; ``nodes`` keeps where everything stands.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from novaplan.importers.compose.reading import read
from novaplan.importers.derivation import derive
from novaplan.importers.report import Report
from novaplan.topology.system import Topology

__all__ = ["import_compose"]

Name = str | os.PathLike[str]


def import_compose(
    files: Sequence[Name], *, env_files: Sequence[Name] = (), profiles: Sequence[str] = ()
) -> tuple[Topology, Report]:
    """The topology that compose files describe, and what could not be told from them.

    ``files`` go over each other in their order, as with ``docker compose -f``; ``-`` reads standard input.
    ``env_files`` give the variables for ``${...}``; without any, ``.env`` beside the first file does. ``profiles``
    switches services on, ``*`` all of them. The environment of this machine is never looked at, so that the same files
    always give the same topology.

    Raises ``DocumentError`` and ``InputError``, with file, line and field, for files that cannot be understood.
    """
    return derive(read([os.fspath(file) for file in files], [os.fspath(file) for file in env_files], profiles))
