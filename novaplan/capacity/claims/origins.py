"""Where a stated total that does not hold seems to come from: a search among the sums that somebody may have made.

Nobody can know what its author did; what is found gives exactly the stated figure, and the plainest comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from novaplan.capacity.claims.arithmetic import KINDS, Share, total
from novaplan.capacity.claims.model import Claim
from novaplan.capacity.claims.selection import Selected
from novaplan.capacity.claims.totals_claims import TITLES
from novaplan.capacity.claims.values import Stated, show
from novaplan.capacity.pods import Count
from novaplan.capacity.ranges import COUNTS

_WITHOUT = " without what is optional"
_MOST = 2
"""So many origins are told."""
_MOST_ROWS = 4
"""No more rows than this are added up."""
_FAMILIES = (
    ("cpu_request_millicores", "cpu_limit_millicores"),
    ("memory_request_bytes", "memory_limit_bytes"),
    ("storage_bytes",),
    ("pods",),
)
_AT: dict[Count, str] = {"minimum": " at the fewest pods", "current": "", "maximum": " at the most pods"}
_ONE = {name: title.removesuffix("s") for name, title in TITLES.items()}


def origins(claim: Claim, selected: Sequence[Selected], others: Sequence[Claim]) -> list[str]:
    """What gives exactly the figure of ``claim``, which is not the total of ``selected``; ``others`` are the claims it
    stands among."""
    ends = ends_of(claim.stated)
    if ends is None:
        return []
    family = next(family for family in _FAMILIES if claim.meant.of[0] in family)
    in_all = claim.meant.role == "total"
    single = _of_one(claim, family, selected, ends) if in_all else _of_pods(family, selected, ends)
    of_one = list(islice(single, 1))
    found = dict.fromkeys(of_one or _of_sums(claim, family, selected, others, ends))
    if found or claim.meant.kind == "count":
        return [f"{claim.stated} is {text}" for text in islice(found, _MOST)]
    return [f"no request, limit or sum of them is {claim.stated}"]


def _of_sums(
    claim: Claim,
    family: Sequence[str],
    selected: Sequence[Selected],
    others: Sequence[Claim],
    ends: tuple[int, int],
) -> list[str]:
    """Sums that give ``ends``, the plainest first; what takes more than one slip only where nothing plainer does."""
    if claim.meant.role != "total":
        return []
    found = [
        *_of_other_settings(family, selected, ends),
        *islice(_of_rows(claim, others, ends), 1),
        *islice(_of_some(claim.meant.of, selected, ends, helpers=True), 1),
        *_of_parts_of_pods(claim.meant.of, selected, ends),
    ]
    return found or list(islice(_of_some(claim.meant.of, selected, ends, helpers=False), 1))


def ends_of(stated: Stated) -> tuple[int, int] | None:
    """The smallest and the largest stated number; None for an open range, and for what is no number."""
    if isinstance(stated.value, int) and not isinstance(stated.value, bool):
        return stated.value, stated.value
    return (stated.least, stated.most) if stated.least is not None and stated.most is not None else None


def _shares(selected: Sequence[Selected], figure: str, count: Count = "current") -> list[Share]:
    return [share for item in selected for share in item.shares(figure, count) if share.times]


def _span(shares: Sequence[Share]) -> tuple[int, int]:
    """The sum without what is optional, and with it."""
    return total(share for share in shares if not share.optional), total(shares)


def _fits(shares: Sequence[Share], ends: tuple[int, int]) -> str | None:
    """How ``shares`` give ``ends``: nothing to add, or that what is optional is left out; None when they do not."""
    least, most = _span(shares)
    if (least, most) == ends:
        return ""
    if ends[0] == ends[1] and ends[0] in (least, most):
        return _WITHOUT if ends[0] == least else " with what is optional"
    return None


def _of_pods(family: Sequence[str], selected: Sequence[Selected], ends: tuple[int, int]) -> Iterator[str]:
    """Single containers and pods of which the figure is."""
    if ends[0] != ends[1] or family == ("pods",):
        return
    for figure in family:
        for share in _shares(selected, figure):
            if share.each[0] == ends[0]:
                yield f"the {_ONE[figure]} of one {share.name} container"
            elif share.of_one == ends[0]:
                yield f"the {_ONE[figure]} of one {share.name} pod"


def _of_one(claim: Claim, family: Sequence[str], selected: Sequence[Selected], ends: tuple[int, int]) -> Iterator[str]:
    """The same where the sum over all pods was claimed."""
    figure = claim.meant.of[0]
    shares = [share for share in _shares(selected, figure) if share.value]
    terms = " + ".join(share.words(KINDS[figure]) for share in shares)
    for text in _of_pods(family, selected, ends):
        yield f"{text}, not the sum of {TITLES[figure]} {terms} = {show(KINDS[figure], total(shares))}"


def _of_other_settings(family: Sequence[str], selected: Sequence[Selected], ends: tuple[int, int]) -> Iterator[str]:
    for figure in family:
        for count in COUNTS:
            how = _fits(_shares(selected, figure, count), ends)
            if how is not None:
                yield f"the {'sum of ' if figure != 'pods' else ''}{TITLES[figure]}{how}{_AT[count]}"


def _of_rows(claim: Claim, others: Sequence[Claim], ends: tuple[int, int]) -> Iterator[str]:
    rows = []
    for other in others:
        theirs = ends_of(other.stated)
        if other.id != claim.id and other.figure == claim.figure and other.where == claim.where and theirs:
            rows.append((other, theirs))
    for size in range(2, min(len(rows), _MOST_ROWS) + 1):
        for chosen in combinations(rows, size):
            if (sum(low for _, (low, _high) in chosen), sum(high for _, (_low, high) in chosen)) == ends:
                terms = " + ".join(str(other.stated) for other, _ in chosen)
                yield f"the sum of the stated {terms} ({', '.join(other.id for other, _ in chosen)})"


def _of_some(
    figures: Sequence[str], selected: Sequence[Selected], ends: tuple[int, int], *, helpers: bool
) -> Iterator[str]:
    """Sums in which one helper, two helpers, or one whole component are forgotten."""
    for figure in figures:
        shares = _shares(selected, figure)
        beside = [share for share in shares if "/" in share.name]
        others = [(share,) for share in shares if "/" not in share.name]
        for left_out in (*combinations(beside, 1), *combinations(beside, 2)) if helpers else others:
            if len(left_out) < len(shares) and any(share.value for share in left_out):
                how = _fits([share for share in shares if share not in left_out], ends)
                if how is not None and (helpers or how != _WITHOUT):
                    names = " and ".join(share.words(KINDS[figure]) for share in left_out)
                    yield f"the {'sum of ' if figure != 'pods' else ''}{TITLES[figure]} without {names}{how}"


def _of_parts_of_pods(figures: Sequence[str], selected: Sequence[Selected], ends: tuple[int, int]) -> Iterator[str]:
    if ends[0] != ends[1]:
        return
    for figure in figures:
        shares = _shares(selected, figure)
        if sum(share.times * share.each[0] for share in shares) == ends[0]:
            yield f"the sum of {TITLES[figure]} without what runs beside the main containers"
        if len(shares) > 1 and sum(share.of_one for share in shares) == ends[0]:
            yield f"the sum of {TITLES[figure]} of one pod of each"
