from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from novaplan.migration import budgets
from novaplan.migration.obligations import Budget, Shortfall, always
from novaplan.migration.world import View, World
from novaplan.topology.service import Service
from tests.migration.randomly import NAMES, Plain, down_sets, parts, worlds

Reader = Callable[[View | Plain], int]


def term(name: str, factor: int) -> Reader:
    def value(view: View | Plain) -> int:
        part = view.part(f"service:{name}", Service)
        return 0 if part is None else factor * part.replicas

    return value


def budget(factors: list[int], limit: Callable[[View], int | None]) -> Budget:
    terms = tuple(term(name, factor) for name, factor in zip(NAMES, factors, strict=True))
    return Budget("it", terms, limit, lambda _, total, most: Shortfall("over", total - most, "take less"))


def by_force(of: World, asked: Budget) -> tuple[int, int, int]:
    """The excess at the start, at the end, and at its worst."""
    found = {}
    for mask in down_sets(of):
        state = Plain(parts(of, mask))
        limit = asked.limit(state)  # type: ignore[arg-type]
        found[mask] = 0 if limit is None else max(0, sum(one(state) for one in asked.terms) - limit)  # type: ignore[arg-type]
    return found[0], found[of.everything], max(found.values())


FACTORS = st.lists(st.integers(1, 5), min_size=3, max_size=3)


def sliding(own: str, base: int) -> Callable[[View | Plain], int | None]:
    """A limit that a step may change, or make unknown."""

    def limit(view: View | Plain) -> int | None:
        part = view.part(own, Service)
        return None if part is None else base + part.replicas

    return limit


@given(worlds(chains=True), FACTORS, st.integers(0, 30))
def test_in_single_orders_the_worst_sum_is_found_exactly(of: World, factors: list[int], limit: int) -> None:
    asked = budget(factors, always(limit))
    start, end, worst = by_force(of, asked)

    found = budgets.answer(of, asked)

    assert found.at_start == start
    assert (found.breach is not None) is (worst > start or end > 0)
    if worst > start:
        assert found.worst == worst
        assert found.breach is not None
        mask, shortfall = found.breach
        assert shortfall.amount == sum(one(of.view(mask)) for one in asked.terms) - limit == worst


@given(worlds(), FACTORS, st.integers(0, 20), st.sampled_from(NAMES))
def test_no_state_over_its_limit_is_overlooked(of: World, factors: list[int], base: int, name: str) -> None:
    asked = budget(factors, sliding(f"service:{name}", base))
    start, end, worst = by_force(of, asked)

    found = budgets.answer(of, asked)

    assert found.at_start == start
    assert found.worst >= worst
    if worst > start or end > 0:
        assert found.breach is not None


@given(worlds(), FACTORS)
def test_a_limit_that_is_not_known_is_never_broken(of: World, factors: list[int]) -> None:
    assert budgets.answer(of, budget(factors, always(None))).breach is None
