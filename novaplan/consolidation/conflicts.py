"""What stands in the way of a consolidation, each with the line of the policy that would settle it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from novaplan.errors import ConsolidationRefused, Problem


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """One thing that the consolidation would lose or blur."""

    subject: str
    """Address of the part in the target, or in the current topology when it lands nowhere."""
    message: str
    settle: str
    """What to write into the policy."""


@dataclass(slots=True)
class Conflicts:
    """Everything found so far: a user mends all of it in one go, so the first conflict stops nothing."""

    found: list[Conflict] = field(default_factory=list)

    def add(self, subject: str, message: str, settle: str) -> None:
        """Note one conflict."""
        self.found.append(Conflict(subject, message, settle))

    def refuse_if_any(self) -> None:
        """Raise ``ConsolidationRefused`` with every conflict, or return."""
        if self.found:
            raise ConsolidationRefused(
                [Problem(f"{item.message}; settle it with {item.settle}", field=item.subject) for item in _sorted(self)]
            )


def _sorted(conflicts: Conflicts) -> Iterable[Conflict]:
    return sorted(set(conflicts.found))
