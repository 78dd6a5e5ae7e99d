"""How many nodes it takes: the smallest number of one kind, the cheapest mix of kinds; with a proof or a stated gap.

Both walk candidates from the smallest up. A candidate that a limit rules out, or that every arrangement or the solver
rules out, raises the lower bound; the first that pods fit is the answer. One that nobody can tell ends the proof: the
answer then is the smallest that is known to do, and the gap is stated.

Nodes are put into zones evenly, kind after kind, and the proof is about nodes in those zones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations

from novaplan.capacity.nodes import Kind, Node, format_cents, make_nodes
from novaplan.capacity.placement.explain import refusal
from novaplan.capacity.placement.obstacles import obstacles, ruled_out, sentences
from novaplan.capacity.placement.problem import Board, Problem, size_of
from novaplan.capacity.placement.settle import Effort, Settled, quick, settle
from novaplan.capacity.pods import Pod
from novaplan.errors import NodesError

MOST_MIXES = 20_000
"""Mixes up to which all are looked at; of more only those of two kinds are."""
MOST_TRIED = 500
"""Mixes that are tried before the search for a cheaper one ends, and with it the proof."""

Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sized:
    """The nodes it takes. ``lower`` and ``found`` are numbers of nodes, or prices in hundredths per month."""

    nodes: tuple[Node, ...]
    board: Board
    lower: int
    found: int
    because: str
    """Why it cannot be less than ``lower``."""


def smallest(pods: Sequence[Pod], kind: Kind, effort: Effort) -> Sized:
    """The smallest number of nodes of one kind. Raises ``DoesNotFit`` when no number of them will do."""

    def nodes(number: int) -> tuple[Node, ...]:
        return make_nodes(kind, number)

    _require_possible(pods, [kind], effort)
    lower, because = max(1, _totals_need(pods, kind)), "every pod needs a node"
    while obstacles(Problem(pods, nodes(lower))):
        lower += 1
    if lower > 1:
        because = f"{lower - 1} would not do: {sentences(obstacles(Problem(pods, nodes(lower - 1))))[0]}"
    number, board = _by_trying(pods, nodes, lower)
    for fewer in range(lower, number):
        settled = settle(Problem(pods, nodes(fewer)), effort, "full")
        if settled.fits:
            return Sized(nodes(fewer), settled.board, fewer, fewer, because)
        if settled.fits is None:
            return Sized(nodes(number), board, fewer, number, because)
        because = f"{fewer} would not do: {_reason(settled)}"
    return Sized(nodes(number), board, number, number, because)


def _reason(settled: Settled) -> str:
    return sentences(settled.obstacles)[0] if settled.obstacles else "no arrangement satisfies all limits together"


def _require_possible(pods: Sequence[Pod], kinds: Sequence[Kind], effort: Effort) -> None:
    """Raise ``DoesNotFit`` when not even a node for each pod, of each kind, would do."""
    plenty = _mix(kinds, [len(pods) + len(kind.zones) for kind in kinds])
    problem = Problem(pods, plenty)
    found = obstacles(problem)
    if found:
        names = " or ".join(kind.name for kind in kinds)
        raise refusal(pods, plenty, Settled(False, Board(problem), found), effort, f"no number of {names} nodes: ")


def _totals_need(pods: Sequence[Pod], kind: Kind) -> int:
    """Nodes that the totals alone ask for: where the walk may go on from once one node was too few."""
    amounts = _demand(pods)
    pairs = [(amount, have) for amount, have in zip(amounts, _supply(pods, kind), strict=True) if amount]
    if any(not have for _, have in pairs):
        return sum(amounts)  # more than there could be: no number of them has what is asked for
    return max((-(-amount // have) for amount, have in pairs), default=0)


def _demand(pods: Iterable[Pod]) -> tuple[int, ...]:
    placed = [size_of(pod) for pod in pods if not pod.workload.everywhere]
    return tuple(sum(column) for column in zip(*placed, strict=True)) or (0, 0, 0, 0)


def _supply(pods: Sequence[Pod], kind: Kind) -> tuple[int, ...]:
    """What one node of a kind has for pods, what runs on every node taken off."""
    each = [sum(size_of(pod)[r] for pod in pods if pod.workload.everywhere) for r in range(4)]
    volumes = kind.volumes if kind.volumes is not None else _demand(pods)[3] + each[3] + 1
    capacity = (kind.cpu, kind.memory, kind.pods, volumes)
    left = tuple(have - need for have, need in zip(capacity, each, strict=True))
    return left if min(left) >= 0 else (0, 0, 0, 0)


def _by_trying(pods: Sequence[Pod], nodes: Callable[[int], tuple[Node, ...]], lower: int) -> tuple[int, Board]:
    """The smallest number for which a quick arrangement places every pod, as far as doubling and halving find it."""
    failed, step = lower - 1, 1
    while (board := quick(Problem(pods, nodes(failed + step)))).left:
        failed, step = failed + step, 2 * step
    number, best = failed + step, board
    while number - failed > 1:
        middle = (number + failed) // 2
        board = quick(Problem(pods, nodes(middle)))
        number, best, failed = (number, best, middle) if board.left else (middle, board, failed)
    return number, best


def cheapest(pods: Sequence[Pod], kinds: Sequence[Kind], effort: Effort) -> Sized:
    """The cheapest mix of nodes. Raises ``DoesNotFit``, and ``NodesError`` for a kind without a price."""
    kinds = [kind for kind in kinds if not make_nodes(kind, 1)[0].closed]
    unpriced = [kind.name for kind in kinds if kind.price_per_month is None]
    if unpriced or not kinds:
        what = (
            f"{', '.join(unpriced)} has no price; state price_per_month" if unpriced else "no kind of node takes pods"
        )
        raise NodesError(f"the cheapest mix cannot be told: {what}")
    # A kind too small for what runs on every node can be in no mix.
    kinds = [kind for kind in kinds if _supply(pods, kind)[2]] or kinds
    _require_possible(pods, kinds, effort)
    best = _first_mix(pods, kinds)
    floor, because = _price_floor(pods, kinds)
    whole, mixes = _mixes(pods, kinds, best.found)
    if not whole:
        found = _galloped(pods, kinds, mixes) or best
        return Sized(found.nodes, found.board, min(floor, found.found), found.found, because)
    untold: int | None = None
    for price, counts in mixes[:MOST_TRIED]:
        nodes = _mix(kinds, counts)
        settled = settle(Problem(pods, nodes), effort, "full")
        if settled.fits:
            return Sized(nodes, settled.board, price if untold is None else untold, price, because)
        if settled.fits is False and untold is None:
            because = f"a mix for {format_cents(price)} would not do: {_reason(settled)}"
        elif settled.fits is None and untold is None:
            untold = price
    if len(mixes) > MOST_TRIED and untold is None:
        untold = mixes[MOST_TRIED][0]
    return Sized(best.nodes, best.board, best.found if untold is None else untold, best.found, because)


def _galloped(pods: Sequence[Pod], kinds: Sequence[Kind], mixes: Sequence[tuple[int, Counts]]) -> Sized | None:
    """The cheapest of many mixes as far as ever longer strides, then halving, find it."""
    failed, step, best = -1, 1, None
    position = 0
    while step and failed + step < len(mixes):
        position = failed + step
        price, counts = mixes[position]
        nodes = _mix(kinds, counts)
        board = quick(Problem(pods, nodes), rules=1)
        if not board.left:
            best = Sized(nodes, board, 0, price, "")
            mixes = mixes[:position]
            step = (position - failed) // 2
        else:
            failed, step = position, (len(mixes) - position) // 2 if best else 2 * step
    return best


def _first_mix(pods: Sequence[Pod], kinds: Sequence[Kind]) -> Sized:
    """The cheapest pool of one kind, found by trying; where no one kind will do, plenty of each."""
    best: Sized | None = None
    for kind in sorted(kinds, key=lambda kind: _totals_need(pods, kind) * (kind.price_per_month or 0)):
        need, price = max(1, _totals_need(pods, kind)), kind.price_per_month or 0
        plenty = make_nodes(kind, len(pods) + len(kind.zones))
        if (best and need * price >= best.found) or ruled_out(Problem(pods, plenty)):
            continue
        number, board = _by_trying(pods, partial(make_nodes, kind), need)
        if best is None or number * price < best.found:
            best = Sized(make_nodes(kind, number), board, 0, number * price, "")
    if best is None:
        nodes = _mix(kinds, [len(pods)] * len(kinds))
        best = Sized(nodes, quick(Problem(pods, nodes)), 0, sum(node.price_cents or 0 for node in nodes), "")
    return best


def _price_floor(pods: Sequence[Pod], kinds: Sequence[Kind]) -> tuple[int, str]:
    """What it costs at least: the linear relaxation over every two resources, solved exactly. Weights that make no kind
    worth more than its price, times what is asked for, are a lower bound (linear programming duality)."""
    demand, supplies = _demand(pods), [_supply(pods, kind) for kind in kinds]
    prices = [kind.price_per_month or 0 for kind in kinds]
    names = ("CPU", "memory", "pods", "volumes")
    best, used = Fraction(0), "nothing"
    for one, other in combinations(range(4), 2):
        for weight in _vertices([(s[one], s[other]) for s in supplies], prices):
            value = weight[0] * demand[one] + weight[1] * demand[other]
            if value > best:
                best = value
                used = " and ".join(names[r] for r, w in zip((one, other), weight, strict=True) if w)
    floor = -(-best.numerator // best.denominator)
    return floor, f"{used}: what is requested costs {format_cents(floor)} on the nodes where it is cheapest"


def _vertices(supplies: Sequence[tuple[int, int]], prices: Sequence[int]) -> Iterator[tuple[Fraction, Fraction]]:
    """Corners of the weights (u, v) >= 0 with ``a u + b v <= price`` for every kind that offers a and b."""
    rows = [(a, b, price) for (a, b), price in zip(supplies, prices, strict=True)]
    rows += [(1, 0, 0), (0, 1, 0)]  # the axes
    for (a, b, p), (c, d, q) in combinations(rows, 2):
        determinant = a * d - b * c
        if determinant:
            u, v = Fraction(p * d - b * q, determinant), Fraction(a * q - p * c, determinant)
            if u >= 0 and v >= 0 and all(e * u + f * v <= r for e, f, r in rows[:-2]):
                yield u, v


def _mixes(pods: Sequence[Pod], kinds: Sequence[Kind], below: int) -> tuple[bool, list[tuple[int, Counts]]]:
    """Mixes that cost less than ``below`` and have enough in all, cheapest first; and whether these are all of them."""
    demand, supplies = _demand(pods), [_supply(pods, kind) for kind in kinds]
    prices = [kind.price_per_month or 0 for kind in kinds]
    whole = all(prices) and _number_of_mixes(prices, below) <= MOST_MIXES
    candidates = _all_counts(prices, below - 1) if whole else _counts_of_two(prices, supplies, demand, below - 1)
    enough = {
        counts
        for counts in candidates
        if all(sum(n * s[r] for n, s in zip(counts, supplies, strict=True)) >= demand[r] for r in range(4))
    }
    return whole, sorted((sum(n * p for n, p in zip(counts, prices, strict=True)), counts) for counts in enough)


def _number_of_mixes(prices: Sequence[int], below: int) -> int:
    number = 1
    for price in prices:
        number *= below // price + 1
    return number


def _all_counts(prices: Sequence[int], money: int) -> Iterator[Counts]:
    if not prices:
        yield ()
        return
    for number in range(max(money, 0) // prices[0] + 1):
        for rest in _all_counts(prices[1:], money - number * prices[0]):
            yield (number, *rest)


def _counts_of_two(
    prices: Sequence[int], supplies: Sequence[tuple[int, ...]], demand: Sequence[int], money: int
) -> Iterator[Counts]:
    """Every number of one kind, with as many of a second as the totals then ask for, and up to two more."""
    for one, other in combinations(range(len(prices)), 2):
        enough = max((-(-demand[r] // supplies[one][r]) for r in range(4) if supplies[one][r]), default=0)
        for number in range(min(money // max(prices[one], 1), enough) + 1):
            missing = [demand[r] - number * supplies[one][r] for r in range(4)]
            if any(amount > 0 >= supplies[other][r] for r, amount in enumerate(missing)):
                continue
            least = max(-(-amount // supplies[other][r]) for r, amount in enumerate(missing) if supplies[other][r] > 0)
            for more in range(3):
                counts = [0] * len(prices)
                counts[one], counts[other] = number, max(least, 0) + more
                if sum(n * p for n, p in zip(counts, prices, strict=True)) <= money:
                    yield tuple(counts)


def _mix(kinds: Sequence[Kind], counts: Sequence[int]) -> tuple[Node, ...]:
    """Nodes of several kinds, each put into the zone of its kind that has the fewest so far."""
    from dataclasses import replace

    filled: dict[str, int] = {}
    found: list[Node] = []
    for kind, count in zip(kinds, counts, strict=True):
        for node in make_nodes(kind, count):
            zone = min(kind.zones, key=lambda name: (filled.get(name, 0), kind.zones.index(name)), default=None)
            if zone is not None:
                filled[zone] = filled.get(zone, 0) + 1
            found.append(replace(node, zone=zone))
    return tuple(found)
