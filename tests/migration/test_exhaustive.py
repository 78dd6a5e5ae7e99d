"""Small plans, every state looked at: each builds, and what the engine says of all is what each of them says."""

from __future__ import annotations

from functools import cache

import pytest

from novaplan.migration.invariants import all_invariants
from novaplan.migration.obligations import Budget
from novaplan.migration.planning import plan
from novaplan.migration.proof import Proof, prove
from novaplan.migration.world import World
from novaplan.topology.parts import split
from tests.migration.plans import PAIRS
from tests.migration.randomly import down_sets, topology

MOST = 5_000


@cache
def made(pair: str) -> tuple[World, Proof]:
    """The plan of a pair, proved anew."""
    made = plan(*PAIRS[pair])
    return made.world, prove(made.world, all_invariants())


def states(world: World) -> list[int]:
    return world.order.down_sets(range(world.order.size), most=MOST)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_plan_is_proved(pair: str) -> None:
    _, proof = made(pair)

    assert [(item.invariant, item.subject, item.message) for item in proof.breaches] == []
    assert len(proof.answers) > 20


@pytest.mark.parametrize("pair", PAIRS)
def test_every_state_builds_and_the_last_is_target(pair: str) -> None:
    world, _ = made(pair)
    for mask in states(world):
        assert split(world.topology(mask)) == split(topology(world, mask))
    assert world.topology(world.everything) == world.target.model_copy(update={"lineage": None})


@pytest.mark.parametrize("pair", PAIRS)
def test_no_question_finds_more_in_a_state_than_the_engine_did(pair: str) -> None:
    world, proof = made(pair)
    masks = states(world)
    for invariant in all_invariants():
        for question in invariant.obligations(world):
            answer = proof.answers[invariant.name, question.subject]
            amounts = {mask: amount(world, question, mask) for mask in masks}
            if isinstance(question, Budget):
                assert max(amounts.values()) <= answer.worst
                assert max(amounts.values()) <= amounts[0]
                assert answer.at_start == amounts[0]
            else:
                assert (answer.worst, answer.at_start) == (max(amounts.values()), amounts[0])
                assert all(
                    amounts[mask ^ 1 << node] >= amounts[mask]
                    for mask in masks
                    for node in range(world.order.size)
                    if mask >> node & 1 and mask ^ 1 << node in amounts
                )
            assert amounts[world.everything] == 0


def amount(world: World, question: object, mask: int) -> int:
    view = world.view(mask)
    if isinstance(question, Budget):
        limit = question.limit(view)
        return 0 if limit is None else max(0, sum(term(view) for term in question.terms) - limit)
    shortfall = question.check(view)
    return 0 if shortfall is None else shortfall.amount


def test_the_states_are_all_that_there_are() -> None:
    world, _ = made("harden")

    assert sorted(states(world)) == sorted(down_sets(world))


@pytest.mark.parametrize("pair", PAIRS)
def test_every_way_back_leads_through_these_states(pair: str) -> None:
    """Undoing a step that can be undone gives a state that is one of them, until a point of no return."""
    from novaplan.migration.edits import apply, inverse

    world, _ = made(pair)
    masks = set(states(world))
    for index, step in enumerate(world.steps):
        own = sum(1 << node for node in range(world.first(index), world.last[index] + 1))
        for mask in masks if step.reversible else ():
            if mask & own != own or mask ^ own not in masks:
                continue
            before = dict(world.parts(mask ^ own))
            there = dict(before)
            apply(step.edits, there)
            assert there == world.parts(mask)
            apply(inverse(step.edits, before), there)
            assert there == before
