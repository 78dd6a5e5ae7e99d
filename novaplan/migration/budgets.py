"""The worst sum that any reachable state has.

Every term of a budget depends on few stages, but together the terms may depend on thousands, and then the states are
beyond counting. First each term takes its worst, as if all could be at their worst at once: where that fits, every
state does. Where it does not, the worst state is the heaviest down-set of the stages, each weighing what it adds to the
sum, and that is a minimum cut (Picard 1976, "Maximal closure of a graph and applications to combinatorial problems").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from novaplan.migration.obligations import Answer, Budget, Leaf, Term, leaves
from novaplan.migration.order import TooManyError, items_of, mask_of
from novaplan.migration.world import World

_Values = dict[int, int]
"""One term under one state of the limit: its value by the stages that matter to it and are done."""


_PATIENCE = 300
"""Branches that are looked at before the cut is taken instead."""


def answer(world: World, budget: Budget) -> Answer:
    """The worst state of ``budget``. Raises TooManyError when one term alone has too many states."""
    at_start = _excess(world, budget, 0)
    states, worst, breach = 0, at_start, None
    for frame in leaves(world, budget.limit):
        if frame.found is None:
            states += 1
            continue
        within = [[leaf.found for leaf in leaves(world, term, frame.done, frame.waiting)] for term in budget.terms]
        states += sum(map(len, within)) or 1
        excess = sum(map(max, within)) - frame.found
        if excess > max(0, at_start):
            mask, heaviest = _searched(world, budget.terms, frame) or _heaviest(world, budget.terms, within, frame)
            excess = heaviest - frame.found
            if excess > at_start and breach is None:
                mask = _trimmed(world, budget, mask)
                breach = (mask, budget.explain(world.view(mask), heaviest, frame.found))
        worst = max(worst, excess)
    left = _excess(world, budget, world.everything)
    if left and breach is None:
        view = world.view(world.everything)
        total = sum(term(view) for term in budget.terms)
        breach = (world.everything, budget.explain(view, total, total - left))
    return Answer(states, worst, at_start, breach)


def _excess(world: World, budget: Budget, mask: int) -> int:
    view = world.view(mask)
    limit = budget.limit(view)
    return 0 if limit is None else max(0, sum(term(view) for term in budget.terms) - limit)


def _trimmed(world: World, budget: Budget, mask: int) -> int:
    """The state without what was done last and adds nothing to the excess, so that its last step is one that does."""
    view = world.view(mask)
    excess = _excess(world, budget, mask)
    budget.limit(view)
    for term in budget.terms:
        term(view)
    counts = 0
    for read in view.reads:
        counts |= world.writers_mask(read)
    for node in sorted(items_of(mask), key=world.order.rank.__getitem__, reverse=True):
        less = mask & ~(1 << node)
        if counts >> node & 1 and _excess(world, budget, less) < excess:
            return mask
        mask = less
    return mask


def _searched(world: World, terms: Sequence[Term], frame: Leaf) -> tuple[int, int] | None:
    """A state with the largest sum, and that sum, by branch and bound; None where that takes too long.

    Each term in turn is told apart as far as it can be, in what the terms before it have left open. A branch is left
    where even the worst of every other term would make no more than what was found.
    """
    best, visits = (frame.done, -1), 0
    waits = [(frame.done, frame.waiting, 0, 0)]
    while waits:
        done, waiting, place, total = waits.pop()
        visits += 1
        if visits > _PATIENCE:
            return None
        if place == len(terms):
            best = max(best, (done, total), key=lambda item: item[1])
            continue
        found = [list(leaves(world, term, done, waiting)) for term in terms[place:]]
        if total + sum(max(leaf.found for leaf in items) for items in found) <= best[1]:
            continue
        branches = sorted(found[0], key=lambda leaf: leaf.found)
        waits += [(leaf.done, leaf.waiting, place + 1, total + leaf.found) for leaf in branches]
    return best


def _local(world: World, term: Term, frame: Leaf) -> _Values:
    decided = frame.done | frame.waiting
    relevant: set[int] = set()
    while True:
        values: _Values = {}
        writers: set[int] = set()
        for mask in world.order.down_sets(relevant):
            view = world.view(frame.done | mask)
            values[mask] = term(view)
            for read in view.reads:
                writers.update(items_of(world.writers_mask(read) & ~decided))
        if writers <= relevant:
            return values
        relevant |= writers


def _heaviest(world: World, terms: Sequence[Term], within: Sequence[list[int]], frame: Leaf) -> tuple[int, int]:
    """A state with the largest sum, and that sum. Terms whose own stages have no single order count with their worst,
    which is never less than the truth."""
    constant, weights = 0, dict[int, int]()
    for term, known in zip(terms, within, strict=True):
        chain = _chain(world, term, frame) if len(set(known)) > 1 else None
        if chain is None:
            constant += max(known)
            continue
        constant += chain[0][1]
        for (below, before), (above, after) in pairwise(chain):
            (node,) = items_of(above & ~below)
            weights[node] = weights.get(node, 0) + after - before
    chosen = _closure(world, weights)
    mask = frame.done
    for node in chosen:
        mask |= world.order.below[node] | 1 << node
    return mask, constant + sum(weights[node] for node in chosen)


def _chain(world: World, term: Term, frame: Leaf) -> list[tuple[int, int]] | None:
    """The values of ``term`` in the one order of its stages; None where they have several."""
    try:
        chain = sorted(_local(world, term, frame).items(), key=lambda item: item[0].bit_count())
    except TooManyError:
        return None
    return None if any(below & ~above for (below, _), (above, _) in pairwise(chain)) else chain


def _closure(world: World, weights: dict[int, int]) -> set[int]:
    """The heaviest down-set of the weighed stages."""
    import networkx as nx

    graph: nx.DiGraph[int | str] = nx.DiGraph()
    graph.add_nodes_from(("source", "sink"))
    among = mask_of(weights)
    for node, weight in weights.items():
        if weight > 0:
            graph.add_edge("source", node, capacity=weight)
        elif weight < 0:
            graph.add_edge(node, "sink", capacity=-weight)
        for before in world.order.covered(node, among):
            graph.add_edge(node, before)  # an edge without a capacity is never cut
    _, (inside, _) = nx.minimum_cut(graph, "source", "sink")
    return {node for node in inside if isinstance(node, int)}
