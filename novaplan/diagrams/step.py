"""The system after one step of a plan, with what that step made of it."""

from __future__ import annotations

from dataclasses import replace

from novaplan.diagrams.film import Frame, film
from novaplan.diagrams.picture import Arrow, Box, Picture, State
from novaplan.diagrams.system import View
from novaplan.errors import UnknownNameError, nearest
from novaplan.migration.plan import Plan


def after_step(plan: Plan, step: str, view: View | None = None) -> Picture:
    """The state after ``step``, its number (0 is before the first) or its id; what the step removes is there too.

    Raises ``UnknownNameError`` for a step that the plan does not have, and for a focus that it does not find.
    """
    number = _number(plan, step)
    states = [plan.state(max(number - 1, 0)), plan.state(number)]
    made = film(states, view)
    picture, frame = made.picture, made.frames[1]
    boxes = tuple(
        replace(box, label=frame.labels.get(box.element, box.label), state=_state(box, frame)) for box in picture.boxes
    )
    arrows = tuple(replace(arrow, state=_state(arrow, frame)) for arrow in picture.arrows)
    notes = () if frame.new or frame.changed or frame.gone or not number else ("nothing that is drawn here changes",)
    done = plan.steps[number - 1].title or plan.steps[number - 1].id if number else ""
    title = f"After step {number} of {len(plan)}: {done}" if number else f"Before the first of {len(plan)} steps"
    return replace(picture, title=title, boxes=boxes, arrows=arrows, notes=notes)


def _number(plan: Plan, step: str) -> int:
    ids = [item.id for item in plan.steps]
    if step in ids:
        return ids.index(step) + 1
    if step.isascii() and step.isdigit() and int(step) <= len(ids):
        return int(step)
    raise UnknownNameError(f"there is no step {step!r} in this plan, which has {len(ids)}{nearest(step, ids)}")


def _state(item: Box | Arrow, frame: Frame) -> State:
    found: list[tuple[State, tuple[str, ...]]] = [
        ("new", frame.new),
        ("changed", frame.changed),
        ("gone", frame.gone),
    ]
    return next((state for state, elements in found if item.element in elements), "kept")
