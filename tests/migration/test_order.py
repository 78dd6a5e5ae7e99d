from __future__ import annotations

from graphlib import CycleError
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.migration.order import Order, TooManyError, items_of, mask_of

EDGES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1]), max_size=9)


def reach(edges: list[tuple[int, int]], size: int) -> set[tuple[int, int]]:
    found = set(edges)
    for _ in range(size):
        found |= {(a, d) for a, b in found for c, d in found if b == c}
    return found


@given(EDGES)
def test_before_and_after_are_all_that_edges_imply(edges: list[tuple[int, int]]) -> None:
    order, known = Order(6, edges), reach(edges, 6)

    for first, second in permutations(range(6), 2):
        assert order.comes_before(first, second) is ((first, second) in known)
        assert bool(order.above[first] >> second & 1) is ((first, second) in known)
        assert order.ordered(first, second) is ((first, second) in known or (second, first) in known)


@given(EDGES)
def test_the_sequence_obeys_every_edge(edges: list[tuple[int, int]]) -> None:
    order = Order(6, edges)

    assert sorted(order.sequence) == list(range(6))
    assert all(order.rank[before] < order.rank[after] for before, after in edges)


@given(EDGES, st.sets(st.integers(0, 5)))
def test_down_sets_of_some_are_what_states_of_the_whole_have_of_them(
    edges: list[tuple[int, int]], some: set[int]
) -> None:
    order = Order(6, edges)
    whole = [
        set(chosen)
        for count in range(7)
        for chosen in combinations(range(6), count)
        if all(before in chosen for before, after in edges if after in chosen)
    ]

    found = order.down_sets(some)

    assert len(found) == len(set(found))
    assert {frozenset(items_of(mask)) for mask in found} == {frozenset(state & some) for state in whole}


@given(EDGES)
def test_a_reduced_order_is_the_same_order_with_nothing_to_spare(edges: list[tuple[int, int]]) -> None:
    order = Order(6, edges)
    kept = [(before, after) for after, befores in enumerate(order.reduced()) for before in befores]

    assert reach(kept, 6) == reach(edges, 6)
    assert all(reach([edge for edge in kept if edge != left], 6) != reach(edges, 6) for left in kept)


@given(EDGES, st.integers(0, 5), st.sets(st.integers(0, 5)))
def test_covered_are_the_nearest_before(edges: list[tuple[int, int]], item: int, among: set[int]) -> None:
    order = Order(6, edges)
    before = {other for other in among if order.comes_before(other, item)}
    nearest = {other for other in before if not any(order.comes_before(other, third) for third in before)}

    assert set(order.covered(item, mask_of(among))) == nearest


def test_a_circle_is_told() -> None:
    with pytest.raises(CycleError):
        Order(3, [(0, 1), (1, 2), (2, 0)])


def test_too_many_states_are_told() -> None:
    with pytest.raises(TooManyError, match="more than 100 states"):
        Order(7, []).down_sets(range(7), most=100)
