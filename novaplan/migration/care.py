"""Whether a plan is as careful as the one that novaplan makes: each step is held against the same, proposed anew.

A proof judges what steps do to a topology; this judges what they say about how they are done. A step is known by its
id, and an action, a gate or a way back by its words or else by its command: the one may be edited, not both. What makes
a step less careful is refused; what cannot be weighed, an edited command or text, is noted for a person to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from novaplan.errors import nearest
from novaplan.migration.proof import Breach
from novaplan.migration.rollout import Rollout
from novaplan.migration.step import Action, Gate, Step
from novaplan.quantity import format_milliseconds

NAME = "care"
_NAME_OF_STATE = re.compile(r"(?:\{(?:state|before)\}|\b\d+-)[\w.-]*")
_THRESHOLD = re.compile(r"(<=|>=|==|<|>) *(-?\d+(?:\.\d+)?)(.*)")
_STRICTER = {"<=": ("<=", "<", "=="), "<": ("<",), ">=": (">=", ">", "=="), ">": (">",), "==": ("==",)}
"""What a comparison may be replaced by, if the number does not get looser."""
_WORDS = ("title", "touches", "undone_until", "risk", "watch", "theme", "effort", "bake_milliseconds")
_LIKE_NOVAPLAN = "leave it as novaplan plan writes it, or accept it with a reason under waivers of the rollout"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was edited and is for a person to judge."""

    step: str
    message: str


def judge(steps: Sequence[Step], proposed: Sequence[Step], rollout: Rollout) -> tuple[list[Breach], list[Note]]:
    """What is less careful in ``steps`` than in ``proposed``, and what else is other than there. Waivers of ``rollout``
    accept the breaches of a step."""
    known, breaches, notes = {step.id: step for step in proposed}, list[Breach](), list[Note]()
    for step in steps:
        likes = [known[step.id]] if step.id in known else _siblings(step, proposed)
        found = [list(_less_careful(step, like)) for like in likes]
        wrong = min(found, key=len) if found else list(_unknown(step, known))
        breaches += [Breach(NAME, step.id, message, remedy=_LIKE_NOVAPLAN) for message in wrong]
        edited = ", ".join(_edited(step, likes[0])) if step.id in known else "a step that novaplan does not propose"
        notes += [Note(step.id, edited)] if edited else []
    for name in known.keys() - {step.id for step in steps}:
        breaches.append(Breach(NAME, name, "is left out", remedy="put it back; novaplan plan writes it"))
    left = [breach for breach in breaches if not rollout.waives(NAME, breach.subject)]
    return sorted(left, key=lambda breach: (breach.subject, breach.message)), notes


def _siblings(step: Step, proposed: Sequence[Step]) -> list[Step]:
    """Steps that differ from one in the last part of their id alone: other shares of the same traffic, say."""
    group = step.id.rpartition("/")[0]
    return [other for other in proposed if "/" in group and other.id.rpartition("/")[0] == group]


def _unknown(step: Step, known: dict[str, Step]) -> Iterator[str]:
    if step.edits or step.establishes:
        yield f"novaplan plans no such step, so it cannot be told how careful it has to be{nearest(step.id, known)}"


def _less_careful(step: Step, like: Step) -> Iterator[str]:
    if forged := [fact for fact in step.establishes if fact not in like.establishes]:
        yield f"establishes {', '.join(forged)}, which it does not bring about"
    if step.reversible != like.reversible:
        yield f"can{'' if like.reversible else 'not'} be undone, and says otherwise"
    if step.bake_milliseconds < like.bake_milliseconds:
        stated, asked = (format_milliseconds(item.bake_milliseconds) for item in (step, like))
        yield f"bakes {stated}, and {asked} are asked for"
    if gone := [words for words in like.preconditions if words not in step.preconditions]:
        yield f"leaves out the precondition {_quoted(gone)}"
    for place, gate in zip(_places(like.gates, step.gates), like.gates, strict=True):
        yield from _weakened(gate, None if place is None else step.gates[place])
    yield from _left_out("action", step.actions, like.actions)
    yield from _left_out("way back", step.rollback, like.rollback)


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _places(wanted: Sequence[Action | Gate], stated: Sequence[Action | Gate]) -> list[int | None]:
    """Where each of ``wanted`` stands in ``stated``: each at a place of its own, known by its words and its command, or
    else by one of both."""
    found: list[int | None] = [None] * len(wanted)
    for matches in (all, any):
        for number, item in enumerate(wanted):
            for place, own in enumerate(stated) if found[number] is None else ():
                same = (own.says == item.says, bool(_text(own)) and _text(own) == _text(item))
                if place not in found and matches(same):
                    found[number] = place
                    break
    return found


def _text(item: Action | Gate) -> str:
    return _plain(item.query if isinstance(item, Gate) else item.command)


@lru_cache(maxsize=20_000)
def _plain(text: str) -> str:
    """A command without the names of states, which depend on the order in which the steps are told."""
    return " ".join(_NAME_OF_STATE.sub("STATE", text).split())


def _weakened(gate: Gate, own: Gate | None) -> Iterator[str]:
    if own is None:
        yield f"leaves out the gate {_quoted([gate.says])}"
        return
    if own.duration_milliseconds < gate.duration_milliseconds:
        stated, asked = (format_milliseconds(item.duration_milliseconds) for item in (own, gate))
        yield f"measures for {stated}, and {asked} are asked for, at the gate {_quoted([gate.says])}"
    if not as_strict(own.threshold, gate.threshold):
        message = f"takes {own.threshold!r} for enough, and {gate.threshold!r} is asked for"
        yield f"{message}, at the gate {_quoted([gate.says])}"


def as_strict(stated: str, asked: str) -> bool:
    """Whether a threshold lets pass nothing that ``asked`` does not: the same text, or the same kind of comparison with
    a number that is no looser. Whatever cannot be compared is not."""
    if " ".join(stated.split()) == " ".join(asked.split()):
        return True
    own, other = (_THRESHOLD.fullmatch(text.strip()) for text in (stated, asked))
    if own is None or other is None or own[3] not in ("", other[3]) or own[1] not in _STRICTER[other[1]]:
        return False
    number, limit = Decimal(own[2]), Decimal(other[2])
    return number == limit if other[1] == "==" else number <= limit if other[1][0] == "<" else number >= limit


def _left_out(what: str, stated: Sequence[Action], wanted: Sequence[Action]) -> Iterator[str]:
    """Actions that are missing, have lost their command, or come in another order."""
    places = _places(wanted, stated)
    for place, action in zip(places, wanted, strict=True):
        if place is None:
            yield f"leaves out the {what} {_quoted([action.says])}"
        elif action.command and not stated[place].command.strip():
            yield f"leaves out the command of the {what} {_quoted([action.says])}"
    there = [place for place in places if place is not None]
    if there != sorted(there):
        yield f"takes what belongs to its {what} in another order"


def _edited(step: Step, like: Step) -> Iterator[str]:
    """What else differs, in words."""
    for name in _WORDS:
        if getattr(step, name) != getattr(like, name):
            yield name.removesuffix("_milliseconds").replace("_", " ")
    for what, stated, wanted in (
        ("actions", step.actions, like.actions),
        ("way back", step.rollback, like.rollback),
    ):
        if [(item.says, _plain(item.command)) for item in stated] != [
            (item.says, _plain(item.command)) for item in wanted
        ]:
            yield what
    if [_gate(item) for item in step.gates] != [_gate(item) for item in like.gates]:
        yield "gates"
    if len(step.preconditions) > len(like.preconditions):
        yield "preconditions"


def _gate(gate: Gate) -> tuple[str, str, str, int]:
    return gate.says, _plain(gate.query), gate.threshold, gate.duration_milliseconds
