"""What records say goes over what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from novaplan.importers.draft import Note
from novaplan.importers.report import Report, report
from novaplan.topology.base import replace
from novaplan.topology.records import Record, together
from novaplan.topology.system import Topology

_UNNAMED: Final = "system"
"""A record says the name, or that it is this one; the files may lie in a folder of any name."""


def with_records(topology: Topology, told: Report, found: Sequence[Record]) -> tuple[Topology, Report]:
    """``topology`` with everything that the records say and that still fits; the report tells what does not, and no
    longer what they settle."""
    from novaplan.topology.patching import apply  # most imports are of what novaplan did not write

    record = together(found)
    made, dropped = apply(replace(topology, name=_UNNAMED), record.patch)
    kept = (note for note in told.notes if note.kind == "read" or note.message not in record.settled)
    return made, report([*kept, *(Note("uncertain", f"the record: {line}") for line in dropped)])
