"""The runbook: a plan as a document that an on-call engineer follows step by step."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from novaplan.migration.gantt import gantt
from novaplan.migration.home import Home
from novaplan.render.texts import fill

if TYPE_CHECKING:
    from novaplan.migration.plan import Plan
    from novaplan.migration.schedule import Schedule
    from novaplan.migration.step import Gate, Step

_LANGUAGE: Mapping[str, str] = {"promql": "promql", "person": ""}
"""How a block of code is marked; commands are shell."""
_STATES = "states"
"""The folder that commands of steps name."""
_BLANK_LINES = re.compile(r"\n{3,}")
_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"))


def runbook(plan: Plan, schedule: Schedule, *, called: tuple[str, str, str | None] | None = None) -> str:
    """The whole document in Markdown: how to use it, an overview, every step with its commands, gates and rollback, and
    what was proved. ``called`` is how the user names current, target and the folder with the states, where that is
    known; otherwise they are called by their own names, and the folder ``states``."""
    current, target, folder = called or (plan.current_name, plan.target_name, None)
    states = folder or _STATES
    home = Home(plan.world)
    numbers = {step.id: number for number, step in enumerate(plan.steps, 1)}
    text = fill(
        __name__,
        "runbook.md.j2",
        plan=plan,
        schedule=schedule,
        steps=[_described(step, numbers, schedule) for step in plan.steps],
        commands=partial(_commands, names=plan.state_names, folder=states),
        current=current,
        target=target,
        states=states,
        first_state=f"{states.rstrip('/')}/{plan.state_names[0]}.yaml",
        options=home.settings,
        space=home.namespace,
        no_return=[(numbers[step.id], step) for step in plan.steps if not step.reversible],
        left=[(numbers[step.id], step) for step in plan.steps if step.later],
        watchers=sorted({name for step in plan.steps for name in step.watch}),
        chart=gantt(plan.steps, schedule, title=f"{plan.current_name} to {plan.target_name}"),
        days=days,
        duration=duration,
        language=_language,
        dated=schedule.first_day is not None,
    )
    return _BLANK_LINES.sub("\n\n", text)


def _described(step: Step, numbers: Mapping[str, int], schedule: Schedule) -> dict[str, Any]:
    slot = schedule.slot[step.id]
    return {
        "step": step,
        "number": numbers[step.id],
        "waits_for": sorted(numbers[name] for name in step.after),
        "slot": slot,
        "from": schedule.day(slot.start),
        "to": schedule.day(slot.end),
    }


def _commands(text: str, *, names: Sequence[str], folder: str) -> str:
    """Commands about the states, in the folder where those are."""
    if folder != _STATES:
        for name in names:
            text = text.replace(f"{_STATES}/{name}.yaml", shlex.quote(f"{folder.rstrip('/')}/{name}.yaml"))
    return text


def _language(item: Gate | Any) -> str:
    return _LANGUAGE.get(item.tool, "sh")


def days(count: float) -> str:
    """Working days, rounded as people say them."""
    return f"{count:.1f}"


def duration(milliseconds: int) -> str:
    """A duration in the largest unit that leaves no rest."""
    for size, name in _UNITS:
        if milliseconds >= size and milliseconds % size == 0:
            count = milliseconds // size
            return f"{count} {name}" + ("" if count == 1 else "s")
    return f"{milliseconds} ms"
