"""What somebody stated about the system is so.

Each figure of a claims file is computed anew, term by term. One that does not hold is an error, with the figure that
holds; one that cannot be computed is a note that says what would have to be known. Asked where a file is named
(``--claims``).
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.capacity.claims.judge import judge
from novaplan.capacity.claims.judgement import Judgement
from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "error"


def topology(system: System) -> Iterator[Found]:
    """Claims that do not hold, or cannot be known."""
    for item in judge(system.topology, system.claims) if system.claims is not None else ():
        if item.verdict == "does not hold":
            yield Found(
                ", ".join(item.claim.subject) or system.topology.name,
                f"{item.claim.id}: {_stated(item)} does not hold; computed: {item.shown}{_shown(item)}",
                "correct the claim, or change the system until it holds",
            )
        elif item.verdict == "cannot be known":
            yield Found(
                ", ".join(item.claim.subject) or system.topology.name,
                f"{item.claim.id}: {_stated(item)} cannot be known: {'; '.join(item.missing)}",
                "state what is missing",
                severity="note",
            )


def _stated(item: Judgement) -> str:
    return f"{item.claim.meant.title} {item.claim.stated}"


def _shown(item: Judgement) -> str:
    return f" ({'; '.join(item.arithmetic)})" if item.arithmetic else ""
