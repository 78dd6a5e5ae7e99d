"""A schedule as a Gantt chart in Mermaid, which GitHub and GitLab draw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from novaplan.migration.schedule import Schedule, Slot
from novaplan.migration.step import PHASES, Step

_FIRST_HOUR, _HOURS = 9, 8
"""A working day is drawn from nine to five."""
_EPOCH = datetime(1970, 1, 1)  # stands for the start of a schedule without dates
_UNSAFE = re.compile(r"[^\w ./+-]", re.ASCII)


def gantt(steps: Sequence[Step], schedule: Schedule, *, title: str) -> str:
    """The chart: a section for each phase, a bar for each step, another one for its bake time; what has no slack is
    drawn as critical. Without a first day the axis counts days."""
    dated = schedule.first_day is not None
    lines = [
        "gantt",
        f"    title {_safe(title)}",
        "    dateFormat YYYY-MM-DDTHH:mm",
        f"    axisFormat {'%m-%d' if dated else 'day %j'}",
    ]
    numbers = {step.id: number for number, step in enumerate(steps, 1)}
    for phase in PHASES:
        chosen = {step.id: step for step in steps if step.phase == phase}
        if chosen:
            lines.append(f"    section {phase}")
        for slot in schedule.slots:
            if slot.step in chosen:
                lines += _bars(slot, numbers[slot.step], schedule)
    return "\n".join(lines) + "\n"


def _bars(slot: Slot, number: int, schedule: Schedule) -> Iterator[str]:
    name = f"{number} {_safe(slot.step)}"
    state = "crit, " if slot.critical else ""
    start, worked, end = (_moment(offset, schedule) for offset in (slot.start, slot.worked, slot.end))
    if start == end:
        yield f"    {name} :milestone, {state}s{number}, {start}, 0d"
        return
    if start != worked:
        yield f"    {name} :{state}s{number}, {start}, {worked}"
    if worked != end:
        yield f"    {name} (bake) :active, {state}b{number}, {worked}, {end}"


def _moment(offset: float, schedule: Schedule) -> str:
    day = schedule.day(offset)
    # Rounded, so that the last bits of a sum never show.
    fraction = round(offset % 1, 3)
    if day is None:
        return (_EPOCH + timedelta(days=int(offset), minutes=round(fraction * 1440))).strftime("%Y-%m-%dT%H:%M")
    moment = datetime.combine(day, time(_FIRST_HOUR)) + timedelta(minutes=round(fraction * _HOURS * 60))
    return moment.strftime("%Y-%m-%dT%H:%M")


def _safe(text: str) -> str:
    """Text without anything that Mermaid takes for its own."""
    return _UNSAFE.sub("_", text)
