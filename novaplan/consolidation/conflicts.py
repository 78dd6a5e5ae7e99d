"""What stands in the way of a consolidation, each with the line of the policy that would settle it.

A line is a path into the policy and what to write there: ``groups[api].settings.replicas: ...``. A name in brackets is
that of an item; ``...`` is for the reader to fill in. Of several lines, joined by ``or``, one is enough.
"""

import json
import re
from collections.abc import Iterable, Mapping
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


_PLAIN = re.compile(r"[A-Za-z_/][-A-Za-z0-9_./]*")


def flow(value: object) -> str:
    """``value`` as it can stand between brackets in YAML."""
    text = str(value)
    if isinstance(value, int):
        return text
    plain = _PLAIN.fullmatch(text) and text.lower() not in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
    return text if plain else json.dumps(text, ensure_ascii=False)


def mapping(fields: Mapping[str, object]) -> str:
    """Stated fields between braces."""
    return "{" + ", ".join(f"{name}: {flow(value)}" for name, value in fields.items()) + "}"


def retirement(*parts: str) -> str:
    """The line of the policy that retires parts."""
    return "retire: [" + ", ".join(f"{{part: {flow(part)}, reason: ...}}" for part in parts) + "]"


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
