"""Claims about totals, and about one pod: judged with the terms of the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from novaplan.capacity.claims.arithmetic import KINDS, Share, sentence, total
from novaplan.capacity.claims.judgement import Judgement, is_below, is_met
from novaplan.capacity.claims.model import Claim
from novaplan.capacity.claims.selection import Selected
from novaplan.capacity.claims.values import Stated, show
from novaplan.capacity.connections import Verdict
from novaplan.capacity.pods import Count

TITLES = {
    "pods": "pods",
    "cpu_request_millicores": "CPU requests",
    "cpu_limit_millicores": "CPU limits",
    "memory_request_bytes": "memory requests",
    "memory_limit_bytes": "memory limits",
    "storage_bytes": "storage",
}
_AT: dict[Count, str] = {"minimum": "at the fewest pods", "current": "", "maximum": "at the most pods"}


@dataclass(frozen=True, slots=True)
class Sum:
    """A total at one setting that the claim may mean."""

    count: Count
    optional: bool
    shares: tuple[Share, ...]

    @property
    def value(self) -> int:
        """What it comes to."""
        return total(self.shares)


def sums(selected: Sequence[Selected], figure: str, claim: Claim) -> list[Sum]:
    """The total at each setting that ``claim`` may mean, equal ones once; the stated pods first, all optional ones
    included."""
    counts: tuple[Count, ...] = ("current", "minimum") if claim.count is None else (claim.count,)
    found: list[Sum] = []
    for optional in (True, False) if claim.optional is None else (claim.optional,):
        for count in counts:
            shares = [share for item in selected for share in item.shares(figure, count)]
            kept = tuple(share for share in shares if optional or not share.optional)
            if all(kept != other.shares for other in found):
                found.append(Sum(count, optional, kept))
    return found


def judge_total(claim: Claim, selected: Sequence[Selected]) -> Judgement:
    """Whether a stated total is the sum; where a figure may mean requests or limits, limits that are met will do."""
    return _one_of(claim, [_judged(claim, figure, sums(selected, figure, claim)) for figure in claim.meant.of])


def _one_of(claim: Claim, found: Sequence[Judgement]) -> Judgement:
    """The judgement that holds, or else what was requested, with the arithmetic of all."""
    held = next((item for item in found if item.verdict == "holds"), None)
    if held is not None:
        return held
    lines = tuple(line for item in found for line in item.arithmetic)
    return Judgement(claim, found[0].verdict, found[0].computed, lines, missing=found[0].missing)


def _judged(claim: Claim, figure: str, found: Sequence[Sum]) -> Judgement:
    values = [item.value for item in found]
    missing = dict.fromkeys(share.name for item in found for share in item.shares if not share.stated)
    stated, verdict = claim.stated, "holds"
    if missing:
        verdict = "does not hold" if is_below(stated, min(values)) else "cannot be known"
    elif not is_met(stated, values, any_of=True):
        verdict = "does not hold"
    shown = _shown(stated, found) if verdict == "holds" else found
    lines = [_line(figure, item, found) for item in shown]
    said = tuple(f"{TITLES[figure]} of {name} not stated" for name in missing)
    kept = tuple(item.value for item in shown) if verdict == "holds" else tuple(values)
    return Judgement(claim, verdict, kept, tuple(lines), missing=said)  # type: ignore[arg-type]


def _shown(stated: Stated, found: Sequence[Sum]) -> Sequence[Sum]:
    """Of the settings that may be meant, those with which the claim holds."""
    return found if stated.value is None else [item for item in found if item.value == stated.value][:1]


def _line(figure: str, item: Sum, found: Sequence[Sum]) -> str:
    said = [_AT[item.count]] if len({other.count for other in found}) > 1 or item.count != "current" else []
    if len({other.optional for other in found}) > 1:
        said.append("with what is optional" if item.optional else "without what is optional")
    words = " ".join(filter(None, said))
    return f"{TITLES[figure]}{' ' if words else ''}{words}: {sentence(item.shares, KINDS[figure])}"


def judge_pod(claim: Claim, selected: Sequence[Selected]) -> Judgement:
    """Whether each selected component has pods, or main containers, of the stated size."""
    return _one_of(claim, [_judged_pod(claim, figure, selected) for figure in claim.meant.of])


def _judged_pod(claim: Claim, figure: str, selected: Sequence[Selected]) -> Judgement:
    shares = [share for item in selected for share in _own(item, figure) if share.times]
    alone = claim.meant.role == "per container"
    missing = [f"{TITLES[figure]} of {share.name} not stated" for share in shares if not share.stated]
    known = [share for share in shares if share.stated]
    values = [share.each[0] if alone else share.of_one for share in known]
    if not shares:
        missing = [f"{', '.join(claim.subject)} has no pods"]
    verdict: Verdict = "holds"
    if values and not is_met(claim.stated, values, any_of=False):
        verdict = "does not hold"
    elif missing or not values:
        verdict = "cannot be known"
    lines = [_of_one(share, figure, alone=alone) for share in known]
    return Judgement(claim, verdict, tuple(values), tuple(lines), missing=tuple(missing))


def _own(item: Selected, figure: str) -> list[Share]:
    """The pods of the component itself; of its helpers only where one is selected."""
    shares = list(item.shares(figure, "current"))
    return shares if item.only else [share for share in shares if share.name == item.part.name]


def _of_one(share: Share, figure: str, *, alone: bool) -> str:
    kind = KINDS[figure]
    each = share.each[:1] if alone else tuple(amount for amount in share.each if amount) or share.each[:1]
    amounts = " + ".join(show(kind, amount) for amount in each)
    whole = f" = {show(kind, sum(each))}" if len(each) > 1 else ""
    what = "container" if alone else "pod"
    return f"{TITLES[figure]}: one {share.name} {what} has {amounts}{whole}"
