"""What drills measured, beside what is computed and what was promised.

``--drill-report PATH`` names a Markdown file; the same as JSON stands beside it, ending in ``.json``. Both are written
again after every measurement, so that a run that breaks off keeps what it saw.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

PROMISES = {"redis": "5-10 s", "postgres": "30-60 s"}
"""What Nova's report promises for the loss of a master or primary."""


@dataclass(frozen=True)
class Measurement:
    """One drill, once."""

    store: str
    """``redis`` or ``postgres``."""
    drill: str
    """What was done, such as ``master killed``; measurements of one drill make one row."""
    seconds: float | None
    """Until clients could write again, or whatever the drill times."""
    bound: tuple[float, float] | None
    """What ``novaplan.capacity.recovery`` computes, least and most; seconds."""
    lost: int | None
    """Acknowledged writes that were gone afterwards."""
    note: str
    load: float
    """Load average of the machine in the last minute: a busy one is slower."""


class Report:
    """Collects measurements and keeps the files up to date."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.measurements: list[Measurement] = []

    def record(
        self,
        store: str,
        drill: str,
        *,
        seconds: float | None = None,
        bound: tuple[float, float] | None = None,
        lost: int | None = None,
        note: str = "",
    ) -> None:
        """Adds one measurement; call it before asserting, so that a failure is in the report too."""
        rounded = None if seconds is None else round(seconds, 2)
        self.measurements.append(Measurement(store, drill, rounded, bound, lost, note, round(os.getloadavg()[0], 2)))
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(self.markdown(), encoding="utf-8")
            document = {
                "format": "novaplan/drills/v1",
                "measurements": [asdict(item) for item in self.measurements],
            }
            self.path.with_suffix(".json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    def markdown(self) -> str:
        """One row for each drill."""
        rows: dict[tuple[str, str], list[Measurement]] = {}
        for item in self.measurements:
            rows.setdefault((item.store, item.drill), []).append(item)
        lines = [
            "# Drills",
            "",
            "Seconds, min/median/max, until clients could write again; lost: acknowledged writes that were gone.",
            "",
            "|store|drill|n|measured|computed bound|promised|lost|load|notes|",
            "|-|-|-|-|-|-|-|-|-|",
        ]
        for (store, drill), items in rows.items():
            cells = (store, drill, str(len(items)), _times(items), _bound(items), PROMISES.get(store, ""), _lost(items))
            load = f"{max(item.load for item in items):.1f}"
            notes = "; ".join(dict.fromkeys(item.note for item in items if item.note))
            lines.append("|" + "|".join((*cells, load, notes)) + "|")
        return "\n".join(lines) + "\n"


def _times(items: list[Measurement]) -> str:
    times = [item.seconds for item in items if item.seconds is not None]
    return "/".join(f"{value:.2f}" for value in (min(times), median(times), max(times))) if times else ""


def _bound(items: list[Measurement]) -> str:
    bounds = [item.bound for item in items if item.bound is not None]
    return f"{min(low for low, _ in bounds):g}-{max(high for _, high in bounds):g} s" if bounds else ""


def _lost(items: list[Measurement]) -> str:
    lost = [item.lost for item in items if item.lost is not None]
    return str(sum(lost)) if lost else ""
