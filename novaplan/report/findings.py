"""What the checks find on both sides, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from novaplan.findings import SEVERITIES, Finding, Severity

Fate = Literal["new", "stays", "mended"]
_FATES: tuple[Fate, ...] = ("new", "stays", "mended")


class Told(NamedTuple):
    """One finding: in the target, or, where it is mended, in what runs today."""

    fate: Fate
    finding: Finding


class Count(NamedTuple):
    """How many findings of one severity there are."""

    severity: Severity
    before: int
    after: int


def told(before: Sequence[Finding], after: Sequence[Finding], heirs: Mapping[str, Sequence[str]]) -> list[Told]:
    """Every finding once: gravest first, then what is new, what stays, what is mended. Findings of one check are the
    same one on both sides when they are about the same subject, or about what became of it: ``heirs``, by name."""
    known = {(item.check, heir) for item in before for heir in heirs.get(item.subject, (item.subject,))}
    left = {(item.check, item.subject) for item in after}
    found = [Told("stays" if (item.check, item.subject) in known else "new", item) for item in after]
    for item in before:
        if not any((item.check, heir) in left for heir in heirs.get(item.subject, (item.subject,))):
            found.append(Told("mended", item))
    return sorted(found, key=lambda item: (SEVERITIES.index(item.finding.severity), _FATES.index(item.fate)))


def counts(before: Sequence[Finding], after: Sequence[Finding]) -> list[Count]:
    """By severity, gravest first."""
    sides = [Counter(item.severity for item in side) for side in (before, after)]
    return [Count(severity, sides[0][severity], sides[1][severity]) for severity in SEVERITIES]
