"""What records say goes over what was read."""

from __future__ import annotations

from collections.abc import Sequence

from novaplan.importers.draft import Note
from novaplan.importers.report import Report, report
from novaplan.topology.base import replace
from novaplan.topology.patch import Patch, joined
from novaplan.topology.system import Topology

UNNAMED = "system"
"""What an import calls the system while a record may still name it: files are found under any name."""


def with_records(
    topology: Topology, told: Report, patches: Sequence[Patch], *, name: str | None = None
) -> tuple[Topology, Report]:
    """``topology`` with everything that ``patches`` say and that still fits; the report tells what does not. A ``name``
    that somebody chose holds."""
    if not patches:
        return topology, told
    from novaplan.topology.patching import apply  # most imports are of what novaplan did not write

    made, dropped = apply(replace(topology, name=UNNAMED), joined(patches))
    notes = (Note("uncertain", f"the record: {line}") for line in dropped)
    return replace(made, name=name or made.name), report([*told.notes, *notes])
