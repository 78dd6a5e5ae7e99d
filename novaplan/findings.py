"""What checks find: one value for the table, the JSON, SARIF and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")
"""Gravest first. error: it breaks, or a promise does not hold; warning: it breaks when something else does, or costs
what nobody wants; note: worth knowing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, where, and how to mend it. No value of a secret is in it."""

    check: str
    """Name of the check, such as ``sentinel-quorum``."""
    severity: Severity
    subject: str
    """What it is about: the name of a component, or ``Deployment shop/web``."""
    message: str
    """What is wrong and what follows from it, in a sentence."""
    remedy: str = ""
    """What to change."""
    file: str | None = None
    line: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON tells it; every field is always there."""
        return {
            "check": self.check,
            "severity": self.severity,
            "subject": self.subject,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "remedy": self.remedy,
        }


def reaches(severity: Severity, threshold: Severity) -> bool:
    """Whether ``severity`` is as grave as ``threshold``, or graver."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(threshold)
