"""What became of a claim: the verdict, and what shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from novaplan.capacity.claims.model import Claim
from novaplan.capacity.claims.values import NUMERIC, Stated, Value, plain, show_all
from novaplan.capacity.connections import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """One claim beside what was computed."""

    claim: Claim
    verdict: Verdict
    computed: tuple[Value, ...] = ()
    """Every computed value: of each setting that may be meant, or of each component."""
    arithmetic: tuple[str, ...] = ()
    """What shows it, term by term."""
    origins: tuple[str, ...] = ()
    """Where a figure that does not hold seems to come from."""
    missing: tuple[str, ...] = ()
    """What would have to be known."""

    @property
    def shown(self) -> str:
        """The computed values as people read them."""
        return show_all(self.claim.stated.kind, self.computed) if self.computed else "not known"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: one item of ``claims``."""
        claim = self.claim
        ordered = plain(self.computed)
        numeric = claim.stated.kind in NUMERIC and bool(ordered)
        return {
            "id": claim.id,
            "subject": list(claim.subject),
            "figure": claim.figure,
            "scenario": claim.scenario,
            "where": claim.where,
            "note": claim.note,
            "stated": claim.stated.to_dict(),
            "verdict": self.verdict,
            "computed": {
                "unit": claim.stated.kind,
                "values": ordered,
                "min": ordered[0] if numeric else None,
                "max": ordered[-1] if numeric else None,
            },
            "arithmetic": list(self.arithmetic),
            "origins": list(self.origins),
            "missing": list(self.missing),
        }

    def because(self, origins: Sequence[str]) -> Judgement:
        """The same, and where the stated figure seems to come from."""
        return replace(self, origins=tuple(origins))


def is_met(stated: Stated, values: Sequence[Value], *, any_of: bool) -> bool:
    """Whether ``values`` are as stated: within the range; or one of them, or each, is the stated value."""
    if stated.value is not None:
        return any(value == stated.value for value in values) if any_of else all(v == stated.value for v in values)
    numbers = [int(value) for value in values]  # type: ignore[arg-type]
    above = stated.least is None or min(numbers) >= stated.least
    return above and (stated.most is None or max(numbers) <= stated.most)


def is_below(stated: Stated, least: int) -> bool:
    """Whether all that was stated lies below ``least``, so that more can only make it worse."""
    most = stated.value if stated.value is not None else stated.most
    return isinstance(most, int) and most < least


def contradicts(stated: Stated, value: Value) -> bool:
    """Whether one value alone shows that the claim does not hold."""
    return not is_met(stated, (value,), any_of=False)
