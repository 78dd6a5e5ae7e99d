"""Make the plan: kinds of steps propose, precedence orders, the proof judges, and order is added where it must be.

The steps keep all the freedom that is safe. They are proposed in one order, the canonical one; precedence keeps of it
what facts, references and clashing edits need. Where the proof finds a state that breaks something and that the
canonical order never passes through, the step that came too early there is made to wait, and the proof is asked again.
A plan that breaks something in its canonical order is not a plan, and nothing is emitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from novaplan.errors import InputError, PlanRefused
from novaplan.migration.draft import Draft
from novaplan.migration.effort import Efforts
from novaplan.migration.effort_model import EffortModel, load_effort
from novaplan.migration.invariants import all_invariants
from novaplan.migration.order import items_of
from novaplan.migration.plan import Plan, state_name
from novaplan.migration.precedence import Precedence
from novaplan.migration.proof import Breach, Progress, problems, prove
from novaplan.migration.rollout import Rollout, load_rollout
from novaplan.migration.step import Step
from novaplan.migration.steps import all_kinds
from novaplan.migration.texts import BEFORE, STATE
from novaplan.migration.traffic import concerned
from novaplan.migration.world import World
from novaplan.topology.system import Topology

_MOST_ROUNDS = 200
"""Each round makes at least one step wait for another one; real systems need a few."""


def plan(
    current: Topology,
    target: Topology,
    *,
    rollout: Rollout | None = None,
    effort: EffortModel | None = None,
    progress: Progress | None = None,
) -> Plan:
    """The steps that lead from ``current`` to ``target``, proved safe.

    ``rollout`` and ``effort`` hold the assumptions; without them those of ``models/``. Raises InputError when target
    was not made from current, and PlanRefused, with a line for every reason, when no safe order exists.
    """
    rollout = rollout or load_rollout()
    draft = proposed(current, target, rollout, effort or load_effort())
    pairs = Precedence(draft.start, draft.goal).of(draft.steps)
    for _ in range(_MOST_ROUNDS):
        world = World(current, target, _waiting(draft.steps, pairs), rollout)
        if late := _after_baking(world) - pairs:
            pairs |= late
            continue
        proof = prove(world, all_invariants(), progress=progress)
        if proof.holds:
            return Plan(_told(world), proof)
        more = {pair for breach in proof.breaches for pair in _too_early(world, breach)} - pairs
        if not more:
            break
        pairs |= more
    raise PlanRefused(problems(proof.breaches))


def proposed(current: Topology, target: Topology, rollout: Rollout, effort: EffortModel) -> Draft:
    """What the kinds of steps propose, one after the other: steps without an order, and with names of states in their
    commands left open. Raises InputError when target was not made from current."""
    _require_lineage(current, target)
    draft = Draft(World(current, target, (), rollout), rollout, Efforts(effort))
    for kind in all_kinds():
        draft.kind = kind
        kind.propose(draft)
    return draft


def _require_lineage(current: Topology, target: Topology) -> None:
    lineage = target.lineage
    if lineage is None:
        if current.service.keys() == target.service.keys():
            return
        message = f"{target.name} does not say what it was made from; make it with novaplan consolidate"
        raise InputError(message, field="lineage")
    if lineage.digest != current.digest:
        message = (
            f"{target.name} was made from another version of {lineage.source} than {current.name}; consolidate again"
        )
        raise InputError(message, field="lineage.digest")


def _waiting(steps: Sequence[Step], pairs: Iterable[tuple[int, int]]) -> list[Step]:
    """The steps, each with the ids of those it waits for."""
    before: dict[int, set[int]] = {}
    for first, second in pairs:
        before.setdefault(second, set()).add(first)
    return [
        replace(step, after=tuple(steps[item].id for item in sorted(before.get(index, ()))))
        for index, step in enumerate(steps)
    ]


def _after_baking(world: World) -> set[tuple[int, int]]:
    """A point of no return waits until all services that it has to do with have baked."""
    baking = {fact: index for index, step in enumerate(world.steps) for fact in step.establishes}
    found = set()
    for index, step in enumerate(world.steps):
        names = concerned(world, step) if not step.reversible else ()
        found |= {(baking[fact], index) for name in names if (fact := f"baked/{name}") in baking}
    return found


def _too_early(world: World, breach: Breach) -> Iterable[tuple[int, int]]:
    """Pairs of steps that keep the state of a breach from being reached, where the canonical order never does; of too
    many states, pairs that put all steps that they are states of into the canonical order."""
    yield from pairwise(sorted({world.nodes[node][0] for node in items_of(breach.meeting)}))
    done = {world.nodes[node][0] for node in items_of(breach.mask)}
    if not done:
        return
    last = max(done)
    missing = [index for index in range(last) if index not in done]
    # What is missing is most likely a step at the same components; if none is, it may be any.
    near = [index for index in missing if set(world.steps[index].touches) & set(world.steps[last].touches)]
    yield from ((index, last) for index in near or missing)


def _told(world: World) -> World:
    """The same order, told by as few waits as will do, and commands that name the states before and after the step."""
    direct = world.order.reduced()
    numbers = {world.nodes[node][0]: place for place, node in enumerate(_last_stages(world), 1)}
    names = {0: state_name(0, len(numbers))}
    names |= {place: state_name(place, len(numbers), world.steps[index].id) for index, place in numbers.items()}
    steps = []
    for index, step in enumerate(world.steps):
        before = sorted({world.nodes[node][0] for node in direct[world.first(index)]} - {index})
        place = numbers[index]
        fill = partial(_filled, state=names[place], before=names[place - 1])
        gates = tuple(replace(gate, query=fill(gate.query)) for gate in step.gates)
        steps.append(
            replace(
                step,
                after=tuple(world.steps[item].id for item in before),
                actions=tuple(replace(action, command=fill(action.command)) for action in step.actions),
                gates=gates,
                rollback=tuple(replace(action, command=fill(action.command)) for action in step.rollback),
            )
        )
    return World(world.current, world.target, steps, world.rollout)


def _last_stages(world: World) -> list[int]:
    """The last stage of every step, in the canonical order."""
    last = set(world.last)
    return [node for node in world.order.sequence if node in last]


def _filled(text: str, state: str, before: str) -> str:
    return text.replace(STATE, state).replace(BEFORE, before)
