"""Plans that somebody spoiled in one place, and who notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from graphlib import CycleError

from novaplan.migration.care import judge
from novaplan.migration.edits import Edit
from novaplan.migration.effort_model import load_effort
from novaplan.migration.invariants import all_invariants
from novaplan.migration.planning import proposed
from novaplan.migration.proof import arrival, confluence, prove, ways_back
from novaplan.migration.rollout import load_rollout
from novaplan.migration.step import Step
from novaplan.migration.world import World
from novaplan.topology.wiring import Backend, Route
from tests.migration.planned import sides

_OF_STATES = frozenset({"delete", "swap", "weight"})
"""What the theorems and invariants have to notice by themselves, without what novaplan would have proposed."""
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Mutant:
    """One spoiled plan."""

    what: str
    """Which mutation: ``delete``, ``swap``, ``precondition``, ``weight``, ``gate``, ``rollback``, ``bake``, ``action``,
    ``fact``, ``final``."""
    where: str
    steps: Steps


def mutants(steps: Steps) -> Iterator[Mutant]:
    """Every plan that is ``steps`` with one thing spoiled."""
    for index, step in enumerate(steps):
        yield Mutant("delete", step.id, _without(steps, index))
        for before in step.after:
            yield Mutant("swap", f"{before} <-> {step.id}", _swapped(steps, before, step.id))
        for name in step.requires:
            kept = [pair for pair in zip(step.requires, step.preconditions, strict=False) if pair[0] != name]
            rest = step.preconditions[len(step.requires) :]
            spoiled = replace(
                step, requires=tuple(pair[0] for pair in kept), preconditions=(*(p for _, p in kept), *rest)
            )
            yield Mutant("precondition", f"{step.id}: {name}", _with(steps, index, spoiled))
        yield Mutant("gate", step.id, _with(steps, index, replace(step, gates=())))
        if step.reversible:
            yield Mutant("rollback", step.id, _with(steps, index, replace(step, rollback=())))
        for changed in _hasty(step):
            yield Mutant(changed[0], f"{step.id}: {changed[1]}", _with(steps, index, changed[2]))
        yield from _weights(steps, index)


def _hasty(step: Step) -> Iterator[tuple[str, str, Step]]:
    """What a step in a hurry leaves out, one thing at a time."""
    if step.bake_milliseconds:
        yield "bake", "half", replace(step, bake_milliseconds=step.bake_milliseconds // 2)
    for place, gate in enumerate(step.gates):
        rest = (*step.gates[:place], *step.gates[place + 1 :])
        yield "gate", gate.says, replace(step, gates=rest)
        if gate.duration_milliseconds:
            yield "gate", f"{gate.says}, shorter", replace(step, gates=(*rest, replace(gate, duration_milliseconds=1)))
        yield "gate", f"{gate.says}, anything", replace(step, gates=(*rest, replace(gate, threshold=">= -1 or absent")))
    for what, name in (("action", "actions"), ("rollback", "rollback")):
        items = getattr(step, name)
        for place, item in enumerate(items):
            yield what, item.says, replace(step, **{name: (*items[:place], *items[place + 1 :])})
            if item.command:
                bare = (*items[:place], replace(item, command=""), *items[place + 1 :])
                yield what, f"{item.says}, no command", replace(step, **{name: bare})
    for place in range(len(step.requires), len(step.preconditions)):
        rest_ = (*step.preconditions[:place], *step.preconditions[place + 1 :])
        yield "precondition", step.preconditions[place], replace(step, preconditions=rest_)
    yield "fact", "forged", replace(step, establishes=(*step.establishes, "baked/everything"))
    yield "final", "flipped", replace(step, reversible=not step.reversible)


def _with(steps: Steps, index: int, step: Step) -> Steps:
    return (*steps[:index], step, *steps[index + 1 :])


def _without(steps: Steps, index: int) -> Steps:
    """Without one step; who waited for it waits for those that it waited for."""
    gone = steps[index]
    return tuple(
        replace(step, after=tuple(dict.fromkeys(_heirs(step.after, gone)))) for step in steps if step.id != gone.id
    )


def _heirs(after: Sequence[str], gone: Step) -> Iterator[str]:
    for name in after:
        yield from gone.after if name == gone.id else (name,)


def _swapped(steps: Steps, before: str, after: str) -> Steps:
    """The first of two that depend on each other waits for the second."""

    def changed(step: Step) -> Step:
        if step.id == after:
            return replace(step, after=tuple(name for name in step.after if name != before))
        return replace(step, after=(*step.after, after)) if step.id == before else step

    return tuple(map(changed, steps))


def _weights(steps: Steps, index: int) -> Iterator[Mutant]:
    """Each weight of each route that a step edits, ten more or less."""
    step = steps[index]
    for row, stage in enumerate(step.stages):
        for place, edit in enumerate(stage):
            backends = edit.part.backends if isinstance(edit.part, Route) else edit.fields.get("backends", ())
            for which, backend in enumerate(backends):
                weight = backend.weight - 10 if backend.weight > 90 else backend.weight + 10
                changed = (*backends[:which], backend.model_copy(update={"weight": weight}), *backends[which + 1 :])
                stages = (*step.stages[:row], _replaced(stage, place, changed), *step.stages[row + 1 :])
                where = f"{step.id}: {edit.address}: {backend.service}"
                yield Mutant("weight", where, _with(steps, index, replace(step, stages=stages)))


def _replaced(stage: tuple[Edit, ...], place: int, backends: tuple[Backend, ...]) -> tuple[Edit, ...]:
    edit = stage[place]
    if isinstance(edit.part, Route):
        new = Edit(edit.address, part=edit.part.model_copy(update={"backends": backends}))
    else:
        new = Edit(edit.address, fields={**edit.fields, "backends": backends})
    return (*stage[:place], new, *stage[place + 1 :])


@cache
def _proposed(systems: tuple[str, str]) -> Steps:
    return tuple(proposed(*sides(*systems), load_rollout(), load_effort()).steps)


def noticed_by(mutant: Mutant, systems: tuple[str, str]) -> list[str]:
    """The invariants and theorems that refuse it; empty for a survivor. What is quick to ask is asked first."""
    (current, target), rollout = sides(*systems), load_rollout()
    if mutant.what not in _OF_STATES and (careless := judge(mutant.steps, _proposed(systems), rollout)[0]):
        return sorted({breach.invariant for breach in careless})
    try:
        world = World(current, target, mutant.steps, rollout)
    except CycleError:
        return ["circle"]
    quick = [*confluence(world), *arrival(world), *ways_back(world)]
    quick += [breach for invariant in all_invariants() for breach in invariant.judge(world)]
    found = quick or prove(world, all_invariants()).breaches
    return sorted({breach.invariant for breach in found})
