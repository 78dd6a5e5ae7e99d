"""What differs, by component and change by change."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from novaplan.changes import rendering, wording
from novaplan.changes.model import ACTIONS, Change, Diff
from novaplan.tables import Table
from novaplan.topology.parts import label_of

MOST_CHANGES: Final = 2_000
"""More changes than these are counted by their kinds."""


def differences(found: Diff) -> dict[str, Any]:
    """What the section shows."""
    few = len(found) <= MOST_CHANGES
    return {
        "stories": list(rendering.sections(found)),
        "changes": [_told(change) for change in found.changes] if few else [],
        "change_counts": None if few else _counted(found),
        "actions": _actions(found),
    }


def _counted(found: Diff) -> Table:
    counts = Counter((change.kind, change.action) for change in found.changes)
    rows = tuple((kind, action, count) for (kind, action), count in sorted(counts.items()))
    return Table("Changes by kind", ("kind", "change", "how many"), rows)


def _actions(found: Diff) -> list[tuple[str, int]]:
    counted = found.summary.actions
    return [(action, counted[action]) for action in ACTIONS if counted[action]]


def _told(change: Change) -> dict[str, Any]:
    moved = change.action in rendering.BECOMING
    return {
        "action": change.action,
        "kind": change.kind,
        "part": label_of(change.address) or change.kind,
        "sources": [label_of(source) for source in change.sources] if moved else [],
        "fields": wording.field_lines(change) if change.sources and change.after is not None else [],
        "reason": change.reason,
    }
