"""The walk: every state between current and target, shown in one picture and told in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from novaplan.capacity.totals import totals
from novaplan.diagrams.film import Film, Frame, film
from novaplan.migration.edits import FACT, Edit
from novaplan.migration.plan import Plan
from novaplan.report.pictures import MOST_BOXES, Drawn, drawn, size
from novaplan.report.steps import MOST_STEPS
from novaplan.topology.parts import kind_of, label_of, split

_MOST_TOLD: Final = 12
"""Changes of one step that are named; more are counted."""
_COUNTED: Final = {"service": "services", "datastore": "datastores", "dependency": "dependencies", "route": "routes"}


class Walk(NamedTuple):
    """What the slider needs."""

    drawn: Drawn
    data: dict[str, Any]
    """JSON-ready: ``states``, and for the picture its ``elements`` and what each state shows of them."""


def walk(plan: Plan) -> Walk:
    """Every state of ``plan``, current first."""
    told = _states(plan)
    if size(plan.world.current) + size(plan.world.target) > 2 * MOST_BOXES or len(plan) > MOST_STEPS:
        note = f"more than {MOST_BOXES} components or {MOST_STEPS} steps: the states are told in words, not drawn"
        return Walk(Drawn(None, note), {"states": told})
    states = [plan.state(number) for number in range(len(plan) + 1)]
    for said, state in zip(told, states, strict=True):
        said["counts"]["pods"] = totals(state).total.pods
    made = film(states, title=f"{plan.current_name} to {plan.target_name}, step by step")
    shown = drawn(made.picture)
    return Walk(shown, {"states": told, **(_frames(made) if shown.svg else {})})


def _frames(made: Film) -> dict[str, Any]:
    picture = made.picture
    elements = [item.element for items in (picture.groups, picture.boxes, picture.arrows) for item in items]
    number = {element: position for position, element in enumerate(elements)}
    frames = []
    past: Mapping[str, Sequence[str]] = {}
    for position, frame in enumerate(made.frames):
        frames.append(_frame(frame, number, past, first=position == 0))
        past = {**past, **frame.labels}
    return {"elements": elements, "frames": frames}


def _frame(
    frame: Frame, number: Mapping[str, int], past: Mapping[str, Sequence[str]], *, first: bool
) -> dict[str, Any]:
    """Only what differs from the frame before."""
    new = frame.visible if first else frame.new
    labels = {str(number[own]): list(lines) for own, lines in frame.labels.items() if past.get(own) != lines}
    found = {"new": _all(new, number), "changed": _all(frame.changed, number), "gone": _all(frame.gone, number)}
    return {key: value for key, value in {**found, "labels": labels}.items() if value}


def _all(elements: Iterable[str], number: Mapping[str, int]) -> list[int]:
    return [number[element] for element in elements]


def _states(plan: Plan) -> list[dict[str, Any]]:
    there = set(split(plan.world.current))
    found = [{"title": f"{plan.current_name}, as it is", "phase": "", "counts": _counts(there), "changes": []}]
    for step in plan.steps:
        changes = _changes(step.edits, there) if len(plan) <= MOST_STEPS else []
        for edit in step.edits:
            (there.discard if edit.removes else there.add)(edit.address)
        found.append({"title": step.title, "phase": step.phase, "counts": _counts(there), "changes": changes})
    return found


def _counts(there: Iterable[str]) -> dict[str, int]:
    kinds = Counter(map(kind_of, there))
    return {title: kinds[kind] for kind, title in _COUNTED.items()}


def _changes(edits: Sequence[Edit], there: set[str]) -> list[str]:
    """What a step does to the parts, one line for each part."""
    words: dict[str, str] = {}
    for edit in edits:
        if kind_of(edit.address) == FACT:
            continue
        word = "gone" if edit.removes else "changed" if edit.address in there else "new"
        fields = f" ({', '.join(edit.fields)})" if edit.fields else ""
        words[edit.address] = f"{word}: {kind_of(edit.address)} {label_of(edit.address)}{fields}"
    lines = list(words.values())
    return [*lines[:_MOST_TOLD], *([f"and {len(lines) - _MOST_TOLD} more"] if len(lines) > _MOST_TOLD else [])]
