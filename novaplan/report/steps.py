"""The plan: its steps with their places in time, and what was proved of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from novaplan.migration.invariants import all_invariants
from novaplan.migration.plan import Plan
from novaplan.migration.schedule import Schedule, Slot, mean
from novaplan.migration.step import Phase, Step

_PHASES: dict[Phase, str] = {
    "expand": "Expand: add what is new, while nothing uses it",
    "migrate": "Migrate: move what runs",
    "contract": "Contract: take away what is old",
}
_INTERVALS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_MOST_TICKS = 8
MOST_STEPS = 1_000
"""More steps than these are told by their kinds."""
_THINNEST = 0.4
"""Out of 100: what takes no time can still be seen."""


class Told(NamedTuple):
    """One step with its number, and its place in the chart out of 100."""

    number: int
    step: Step
    waits_for: tuple[int, ...]
    slot: Slot
    when: str
    left: float
    work: float
    bake: float
    marks: str
    """What the step can be picked by."""


class Part(NamedTuple):
    """Steps of one phase that follow each other."""

    title: str
    steps: tuple[Told, ...]


class Kind(NamedTuple):
    """All steps of one kind, where there are too many to tell each."""

    phase: Phase
    name: str
    steps: int
    person_days: str
    when: str
    left: float
    work: float


class Axis(NamedTuple):
    """The line of days above the chart."""

    days: float
    ticks: tuple[str, ...]
    """What is said at the start of each interval; all are as long as each other."""


class Invariant(NamedTuple):
    """What one invariant came to."""

    name: str
    title: str
    questions: int
    states: int
    open_at_start: int
    worst: str


def axis(schedule: Schedule) -> Axis:
    """A line that ends with or after the last step."""
    every = next((item for item in _INTERVALS if schedule.days <= item * _MOST_TICKS), _INTERVALS[-1])
    count = max(1, -int(-schedule.days // every))
    ticks = (schedule.day(number * every) or f"day {number * every + 1:g}" for number in range(count))
    return Axis(count * every, tuple(map(str, ticks)))


def parts(plan: Plan, schedule: Schedule, line: Axis) -> list[Part]:
    """Every step in the order of the plan."""
    numbers = {step.id: number for number, step in enumerate(plan.steps, 1)}
    found = []
    for phase, steps in groupby(plan.steps, key=lambda step: step.phase):
        found.append(Part(_PHASES[phase], tuple(_told(step, numbers, schedule, line) for step in steps)))
    return found


def _told(step: Step, numbers: dict[str, int], schedule: Schedule, line: Axis) -> Told:
    slot = schedule.slot[step.id]
    marks: list[str] = [step.phase, step.risk]
    marks += ["critical"] if slot.critical else []
    marks += [] if step.reversible else ["no-return"]
    work = 100 * (slot.worked - slot.start) / line.days
    return Told(
        numbers[step.id],
        step,
        tuple(sorted(numbers[name] for name in step.after)),
        slot,
        _when(slot.start, slot.end, schedule),
        min(100 * slot.start / line.days, 100 - _THINNEST),
        max(work, _THINNEST),
        100 * (slot.end - slot.worked) / line.days,
        " ".join(marks),
    )


def _when(start: float, end: float, schedule: Schedule) -> str:
    first, last = schedule.day(start), schedule.day(end)
    if first is not None:
        return str(first) if first == last else f"{first} to {last}"
    return f"day {start + 1:.1f}" + ("" if end == start else f" to {end + 1:.1f}")


def kinds(plan: Plan, schedule: Schedule, line: Axis) -> list[Kind]:
    """The steps by phase and kind, from the first start to the last end of each."""
    found: dict[tuple[Phase, str], list[Step]] = {}
    for step in plan.steps:
        found.setdefault((step.phase, step.kind), []).append(step)
    told = []
    for (phase, name), steps in found.items():
        slots = [schedule.slot[step.id] for step in steps]
        start, end = min(slot.start for slot in slots), max(slot.end for slot in slots)
        left = min(100 * start / line.days, 100 - _THINNEST)
        work = max(100 * (end - start) / line.days, _THINNEST)
        days = f"{sum(mean(step.effort) for step in steps):.1f}"
        told.append(Kind(phase, name, len(steps), days, _when(start, end, schedule), left, work))
    return told


def invariants(plan: Plan) -> Iterator[Invariant]:
    """What was asked, of how many states, and the worst that was found."""
    titles = {item.name: item.title for item in all_invariants()}
    worst: dict[str, list[tuple[float, str, str]]] = {}
    for (name, subject), answer in plan.proof.answers.items():
        if answer.worst:
            text = f"{float(answer.worst):g} at {subject}"
            worst.setdefault(name, []).append((-float(answer.worst), subject, text))
    for held in plan.proof.held:
        found = sorted(worst.get(held.invariant, ()))
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Invariant(
            held.invariant,
            titles.get(held.invariant, ""),
            held.obligations,
            held.states,
            held.broken_at_start,
            f"{found[0][2]}{more}" if found else "",
        )
