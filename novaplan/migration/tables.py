"""A plan, and what became of checking one, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from novaplan.migration.care import Note
from novaplan.migration.effort import Group
from novaplan.migration.proof import Proof
from novaplan.migration.schedule import Schedule, mean
from novaplan.migration.step import Step
from novaplan.tables import Table


def steps_table(steps: Sequence[Step], schedule: Schedule) -> Table:
    """Every step in its order: what it does, what it waits for, what it takes, whether there is a way back."""
    numbers = {step.id: number for number, step in enumerate(steps, 1)}
    dated = schedule.first_day is not None
    columns = ("step", "phase", "what it does", "waits for", "days", "starts")
    rows = []
    for step in steps:
        slot = schedule.slot[step.id]
        waits = sorted(numbers[name] for name in step.after)
        when = str(schedule.day(slot.start)) if dated else f"day {slot.start + 1:.1f}"
        title = step.title if step.reversible else f"{step.title} (NO WAY BACK)"
        rows.append((numbers[step.id], step.phase, title, _spans(waits), f"{mean(step.effort):.1f}", when))
    return Table("Steps", columns, tuple(rows))


def _spans(numbers: Sequence[int]) -> str:
    """Ascending numbers, runs of three and more as ``4-7``."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in found]
    return ", ".join(parts)


def improvements_table(groups: Iterable[Group]) -> Table:
    """What each improvement takes, beside what somebody said that it takes."""
    rows = tuple(
        (
            group.title,
            len(group.steps),
            f"{group.effort.optimistic:.1f}",
            f"{group.effort.likely:.1f}",
            f"{group.effort.pessimistic:.1f}",
            group.stated or "-",
        )
        for group in groups
    )
    columns = ("improvement", "steps", "optimistic", "likely", "pessimistic", "stated")
    return Table("Person-days of each improvement", columns, rows)


def schedule_table(schedule: Schedule) -> Table:
    """How long the whole takes."""
    rows = [
        ("work in all", f"{schedule.person_days:.1f} person-days"),
        (f"with {schedule.people} at work, as expected", f"{schedule.days:.1f} working days"),
        *(
            (f"in {share} of 100 cases within", f"{end:.1f} working days")
            for share, end in schedule.percentiles.items()
        ),
        ("with people enough", f"{schedule.path_days:.1f} working days"),
    ]
    return Table("How long it takes", ("what", "how much"), tuple(rows))


def proof_table(proof: Proof) -> Table:
    """What each invariant came to over all states that can be reached."""
    rows = tuple((item.invariant, item.obligations, item.states, item.broken_at_start) for item in proof.held)
    return Table("What was proved", ("invariant", "questions", "states", "open at the start"), rows)


def notes_table(notes: Iterable[Note]) -> Table:
    """What somebody edited in a plan, where that is for a person to judge."""
    rows = tuple((note.step, note.message) for note in notes)
    return Table("Edited, for you to read", ("step", "other than novaplan plan writes it"), rows)
