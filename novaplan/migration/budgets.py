"""The worst sum that any reachable state has.

Every term of a budget depends on few stages, but together the terms may depend on thousands, and then the states are
beyond counting. First each term takes its worst, as if all could be at their worst at once: where that fits, every
state does. Where it does not, the worst state is the heaviest down-set of the stages, each weighing what it adds to the
sum, and that is a minimum cut (Picard 1976, "Maximal closure of a graph and applications to combinatorial problems").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from novaplan.migration.obligations import Answer, Budget, Shortfall, Term, writers_read
from novaplan.migration.order import items_of, mask_of
from novaplan.migration.world import World


@dataclass(frozen=True, slots=True)
class _Local:
    """One term under one state of the limit: its value in every state that matters to it."""

    values: dict[int, int]


def answer(world: World, budget: Budget) -> Answer:
    """The worst state of ``budget``. Raises TooManyError when one term alone has too many states."""
    frame = _frame(world, budget)
    start = world.view(0)
    total = sum(term(start) for term in budget.terms)
    limit = budget.limit(start)
    at_start = 0 if limit is None else max(0, total - limit)
    states, worst, breach = 0, 0, None
    for fixed in world.order.down_sets(frame):
        limit = budget.limit(world.view(fixed))
        locals_ = [_local(world, term, frame, fixed) for term in budget.terms]
        states += sum(len(item.values) for item in locals_) or 1
        if limit is None:
            continue
        bound = sum(max(item.values.values()) for item in locals_)
        if bound <= limit:
            continue
        mask, heaviest = _heaviest(world, locals_, fixed)
        excess = heaviest - limit
        if excess > worst:
            worst = excess
        if excess > at_start and breach is None:
            breach = (mask, budget.explain(world.view(mask), heaviest, limit))
    return Answer(states, worst, at_start, breach or _left(world, budget))


def _left(world: World, budget: Budget) -> tuple[int, Shortfall] | None:
    """Nothing may be left at the end."""
    view = world.view(world.everything)
    limit = budget.limit(view)
    total = sum(term(view) for term in budget.terms)
    if limit is None or total <= limit:
        return None
    return world.everything, budget.explain(view, total, limit)


def _frame(world: World, budget: Budget) -> set[int]:
    """The stages that the limit depends on; the terms are looked at once for each state of those."""
    relevant: set[int] = set()
    while True:
        writers: set[int] = set()
        for mask in world.order.down_sets(relevant):
            view = world.view(mask)
            budget.limit(view)
            writers |= writers_read(world, view)
        if writers <= relevant:
            return relevant
        relevant |= writers


def _local(world: World, term: Term, frame: set[int], fixed: int) -> _Local:
    relevant = set(frame)
    among = mask_of(frame)
    while True:
        values: dict[int, int] = {}
        writers: set[int] = set()
        for mask in world.order.down_sets(relevant):
            if mask & among != fixed:
                continue
            view = world.view(mask)
            values[mask] = term(view)
            writers |= writers_read(world, view)
        if writers <= relevant:
            return _Local(values)
        relevant |= writers


def _heaviest(world: World, terms: Sequence[_Local], fixed: int) -> tuple[int, int]:
    """A state with the largest sum, and that sum. Terms whose own stages have no single order count with their worst,
    which is never less than the truth."""
    constant, weights = 0, dict[int, int]()
    for item in terms:
        chain = sorted(item.values, key=int.bit_count)
        if any(below & ~above for below, above in pairwise(chain)):
            constant += max(item.values.values())
            continue
        constant += item.values[chain[0]]
        for below, above in pairwise(chain):
            (node,) = items_of(above & ~below)
            weights[node] = weights.get(node, 0) + item.values[above] - item.values[below]
    chosen = _closure(world, weights)
    return fixed | mask_of(chosen), constant + sum(weights[node] for node in chosen)


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
