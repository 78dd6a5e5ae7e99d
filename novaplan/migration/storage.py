"""Plans as files: ``novaplan/plan/v1``, as YAML or JSON. ``docs/plan-format.md`` describes them.

What a step does to the topology stands in the file as edits of parts, each part in the form of a topology file. Nothing
that is read from a file is trusted: ``verify`` asks everything anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from novaplan.documents import files, reader
from novaplan.documents.positions import Document
from novaplan.errors import PlanError, Problem
from novaplan.migration.invariants import all_invariants
from novaplan.migration.plan_file import FORMAT, EditEntry, PlanFile, StepEntry, read_edit, written_edit
from novaplan.migration.proof import Proof
from novaplan.migration.states import State, states
from novaplan.migration.step import Action, Effort, Gate, Step
from novaplan.migration.world import World
from novaplan.topology.system import Topology
from novaplan.topology.validation import placed, validate

_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON may hold as it is and YAML may not, so that a plan can be read as either."""


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as a file holds it: which topologies it is for, and its steps."""

    file: str
    current_name: str
    current_digest: str
    target_name: str
    target_digest: str
    steps: tuple[Step, ...]
    lines: dict[str, int]
    """Where each step starts, by its id."""


def load(source: str | os.PathLike[str]) -> StoredPlan:
    """The plan in a file; ``-`` reads standard input. Raises ``DocumentError``, or ``PlanError`` with every problem,
    its file, line and field."""
    return _read(reader.read_one(os.fspath(source)))


def loads(text: str, *, file: str = "<text>") -> StoredPlan:
    """The plan that ``text`` holds. Raises as ``load`` does."""
    documents = reader.parse(text, file=file)
    if len(documents) != 1:
        raise PlanError(f"expected one document, found {len(documents)}", file=file)
    return _read(documents[0])


def _read(document: Document) -> StoredPlan:
    entries = validate(PlanFile, document, PlanError)
    problems: list[Problem] = []
    steps, lines = [], {}
    for index, entry in enumerate(entries.steps):
        stages = tuple(
            tuple(read_edit(document, ("steps", index, "stages", stage, place), edit, problems) for place, edit in rows)
            for stage, rows in enumerate(map(enumerate, entry.stages))
        )
        if entry.id in lines:
            problems.append(placed(document, ("steps", index, "id"), f"{entry.id} is declared twice; keep one"))
        lines[entry.id] = document.line_of(("steps", index))
        steps.append(_step(entry, stages))
    for index, entry in enumerate(entries.steps):
        for before in entry.depends_on:
            if before not in lines or before == entry.id:
                what = "waits for itself" if before == entry.id else f"waits for {before}, and there is no such step"
                problems.append(placed(document, ("steps", index, "depends_on"), what))
    problems += [] if problems else list(_circles(document, steps)) or _disorder(document, steps)
    if problems:
        raise PlanError(problems)
    names = (entries.current.name, entries.current.digest, entries.target.name, entries.target.digest)
    return StoredPlan(document.file, *names, tuple(steps), lines)


def _circles(document: Document, steps: list[Step]) -> Iterator[Problem]:
    from novaplan.migration.cycles import components

    place = {step.id: index for index, step in enumerate(steps)}
    for circle in components({step.id: step.after for step in steps}):
        message = f"these wait for each other: {', '.join(circle)}"
        yield placed(document, ("steps", place[circle[0]], "depends_on"), message)


def _disorder(document: Document, steps: list[Step]) -> Iterator[Problem]:
    """The order of the file is the one in which the steps are told: each comes after those it waits for."""
    place = {step.id: index for index, step in enumerate(steps)}
    wrong = [(step, before) for step in steps for before in step.after if place[before] > place[step.id]]
    if wrong:
        (step, before), more = wrong[0], len(wrong) - 1
        others = f", and {more} more of its steps come too early" if more else ""
        message = f"{step.id} is told before {before}, which it waits for; put it after that{others}"
        yield placed(document, ("steps", place[step.id], "depends_on"), message)


def _step(entry: StepEntry, stages: tuple[Any, ...]) -> Step:
    return Step(
        id=entry.id,
        kind=entry.kind,
        phase=entry.phase,
        title=entry.title,
        stages=stages,
        requires=entry.requires,
        establishes=entry.establishes,
        after=entry.depends_on,
        touches=entry.touches,
        preconditions=entry.preconditions,
        actions=tuple(Action(item.says, item.command, item.tool) for item in entry.actions),
        gates=tuple(
            Gate(item.says, item.tool, item.query, item.threshold, item.duration_milliseconds) for item in entry.gates
        ),
        rollback=tuple(Action(item.says, item.command, item.tool) for item in entry.rollback),
        reversible=entry.reversible,
        undone_until=entry.undone_until,
        effort=Effort(entry.effort_days.optimistic, entry.effort_days.likely, entry.effort_days.pessimistic),
        bake_milliseconds=entry.bake_milliseconds,
        risk=entry.risk,
        watch=entry.watch,
        theme=entry.theme,
    )


def to_dict(world: World, proof: Proof) -> dict[str, Any]:
    """The plan of ``world`` as a file holds it, with its states and what was proved."""
    return {
        "format": FORMAT,
        "made_by": f"{files.MARKER} plan; novaplan verify judges what is edited here",
        "current": _side(world.current),
        "target": _side(world.target),
        "steps": [step_to_dict(step) for step in world.steps],
        "states": [_state(state) for state in states(world, all_invariants())],
        "proof": proof_to_dict(proof),
    }


def _side(topology: Topology) -> dict[str, str]:
    return {"name": topology.name, "digest": topology.digest}


def step_to_dict(step: Step) -> dict[str, Any]:
    """One step; JSON-ready."""
    return {
        "id": step.id,
        "kind": step.kind,
        "phase": step.phase,
        "title": step.title,
        "depends_on": list(step.after),
        "requires": list(step.requires),
        "establishes": list(step.establishes),
        "touches": list(step.touches),
        "preconditions": list(step.preconditions),
        "actions": [_action(item) for item in step.actions],
        "gates": [
            {
                "says": item.says,
                "tool": item.tool,
                "query": item.query,
                "threshold": item.threshold,
                "duration_milliseconds": item.duration_milliseconds,
            }
            for item in step.gates
        ],
        "rollback": [_action(item) for item in step.rollback],
        "reversible": step.reversible,
        "undone_until": step.undone_until,
        "effort_days": {
            "optimistic": step.effort.optimistic,
            "likely": step.effort.likely,
            "pessimistic": step.effort.pessimistic,
        },
        "bake_milliseconds": step.bake_milliseconds,
        "risk": step.risk,
        "watch": list(step.watch),
        "theme": step.theme,
        "stages": [[written_edit(edit) for edit in stage] for stage in step.stages],
    }


def _action(item: Action) -> dict[str, str]:
    return {"says": item.says, "command": item.command, "tool": item.tool}


def _state(state: State) -> dict[str, Any]:
    return {
        "after": state.after,
        "invariants": {
            name: {
                "obligations": numbers.obligations,
                "broken": numbers.broken,
                "worst": _plain(numbers.worst),
                "margin": numbers.margin,
            }
            for name, numbers in state.numbers.items()
        },
    }


def proof_to_dict(proof: Proof) -> dict[str, Any]:
    """What was proved, and what stands against it; JSON-ready."""
    return {
        "holds": proof.holds,
        "invariants": [
            {
                "invariant": item.invariant,
                "obligations": item.obligations,
                "states": item.states,
                "broken_at_start": item.broken_at_start,
            }
            for item in proof.held
        ],
        "breaches": [
            {
                "invariant": item.invariant,
                "subject": item.subject,
                "message": item.message,
                "amount": _plain(item.amount),
                "remedy": item.remedy,
                "done": list(item.done),
            }
            for item in proof.breaches
        ],
    }


def _plain(amount: Any) -> int | str:
    return amount if isinstance(amount, int) else str(amount)


def dumps(world: World, proof: Proof, *, as_json: bool = False) -> str:
    """The plan as text: YAML, or JSON."""
    from novaplan.documents import writer

    body = to_dict(world, proof)
    if not as_json:
        return writer.dump(body)
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def save(world: World, proof: Proof, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write the plan to ``path``, whole or not at all: as JSON where the name ends so, as YAML elsewhere.

    Raises ``OutputError`` when the file exists and novaplan did not write it, unless ``force``.
    """
    files.write_text(path, dumps(world, proof, as_json=os.fspath(path).endswith(".json")), force=force)


__all__ = ["EditEntry", "StoredPlan", "dumps", "load", "loads", "proof_to_dict", "save", "step_to_dict", "to_dict"]
