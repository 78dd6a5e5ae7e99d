"""What records say goes over what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from novaplan.importers.draft import Note
from novaplan.importers.report import Report, report
from novaplan.topology.base import replace
from novaplan.topology.patch import Patch, joined
from novaplan.topology.system import Topology

_UNNAMED: Final = "system"
"""A record says the name, or that it is this one; the files may lie in a folder of any name."""


def with_records(topology: Topology, told: Report, patches: Sequence[Patch]) -> tuple[Topology, Report]:
    """``topology`` with everything that ``patches`` say and that still fits; the report tells what does not."""
    from novaplan.topology.patching import apply  # most imports are of what novaplan did not write

    made, dropped = apply(replace(topology, name=_UNNAMED), joined(patches))
    return made, report([*told.notes, *(Note("uncertain", f"the record: {line}") for line in dropped)])
