"""What the edits of a step may be: the questions that the kinds ask of steps that somebody may have edited."""

from __future__ import annotations

from novaplan.migration.step import Step
from novaplan.topology.parts import kind_of


def only(step: Step, *kinds: str) -> str:
    """What is wrong when a step edits parts of other kinds than these."""
    others = sorted({kind_of(edit.address) for edit in step.edits} - set(kinds))
    return f"{step.kind} does not change any {' or '.join(others)}" if others else ""


def nothing(step: Step) -> str:
    """What is wrong when a step that changes no part changes one."""
    return f"{step.kind} changes nothing in the topology" if step.edits else ""


def only_fields(step: Step, kind: str, *fields: str) -> str:
    """What is wrong when a step makes, removes or changes more of the parts of ``kind`` than these fields."""
    for edit in step.edits:
        if kind_of(edit.address) == kind and not (edit.fields and edit.fields.keys() <= set(fields)):
            return f"{step.kind} changes only {', '.join(fields)} of a {kind}"
    return ""


def no_removal(step: Step, *kinds: str) -> str:
    """What is wrong when a step removes a part of one of these kinds."""
    gone = sorted(edit.address for edit in step.edits if edit.removes and kind_of(edit.address) in kinds)
    return f"{step.kind} does not remove {', '.join(gone)}" if gone else ""


def only_removes(step: Step, *kinds: str) -> str:
    """What is wrong when a step does anything but remove parts of these kinds."""
    if not all(edit.removes for edit in step.edits):
        return f"{step.kind} only removes"
    return only(step, *kinds)


def subject(step: Step) -> list[str]:
    """What an id says after its kind, without the quoting."""
    return [name.replace("%2F", "/").replace("%25", "%") for name in step.id.split("/")[1:]]
