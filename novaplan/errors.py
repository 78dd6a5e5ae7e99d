"""The errors novaplan expects, as one tree.

Everything a user can cause or mend is a ``NovaplanError``; the command line prints it as one line and exits with
status 1. Anything else is a bug and keeps its traceback.

    NovaplanError
    |-- InputError              a file or value handed to novaplan is wrong
    |   |-- DocumentError       unreadable, not text, not YAML, too large, duplicate keys, alias bombs
    |   |-- TopologyError       well-formed YAML that is no consistent topology
    |   |-- PolicyError         a consolidation policy that does not fit its topology
    |   |-- PlanError           a plan file that is malformed, or a plan for other topologies
    |   |-- NodesError          nodes that nothing could be placed on: no capacity, no quantity, no such kind
    |   `-- UnknownNameError    no such topology, model, service, ... (says the nearest known name)
    |-- ConsolidationRefused    a merge would lose or blur something; carries every conflict
    |-- PlanRefused             no safe order of steps leads to the target; carries every reason
    |-- DoesNotFit              pods that the nodes cannot take; each problem names what stands in the way
    |-- OutputError             a result cannot be written, or would overwrite somebody's work
    `-- MissingExtraError       an optional dependency is needed; says what to install
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it stands, and how to mend it."""

    message: str
    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if place and self.line is not None:
            place = f"{place}:{self.line}"
        return ": ".join(one_line(part) for part in (place, self.field, self.message) if part)


class NovaplanError(Exception):
    """Base of every expected error.

    ``problems`` holds one entry for each thing that is wrong, so that a user can mend them in one go; ``str(error)`` is
    one line for each.
    """

    def __init__(
        self,
        message: str | Sequence[Problem],
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        if isinstance(message, str):
            self.problems: tuple[Problem, ...] = (Problem(message, file=file, line=line, field=field),)
        else:
            self.problems = tuple(message)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InputError(NovaplanError):
    """A file or value handed to novaplan is wrong."""


class DocumentError(InputError):
    """A file cannot be read as YAML or JSON text."""


class TopologyError(InputError):
    """A document is well-formed but describes no consistent topology."""


class PolicyError(InputError):
    """A consolidation policy is malformed, or does not fit the topology it is applied to."""


class PlanError(InputError):
    """A plan is malformed, or made for other topologies."""


class NodesError(InputError):
    """Nodes are described in a way that nothing could be placed on them."""


class UnknownNameError(InputError):
    """A name that is not known here."""


class ConsolidationRefused(NovaplanError):
    """A consolidation would lose or blur something; each problem names the policy line that would settle it."""


class PlanRefused(NovaplanError):
    """No order of steps leads to the target without breaking something on the way; each problem names what breaks."""


class DoesNotFit(NovaplanError):
    """The nodes cannot take the pods, or no way to place them was found; each problem names what stands in the way."""


class OutputError(NovaplanError):
    """A result cannot be written, or writing it would destroy something novaplan did not write."""


class MissingExtraError(NovaplanError):
    """An optional dependency is needed for what was asked."""


def one_line(text: object) -> str:
    """Fold ``text`` onto one line, without control characters that could confuse a terminal or a log."""
    plain = str(text)
    if not plain.isprintable():
        plain = "".join(char if char.isprintable() else " " for char in plain)
    return " ".join(plain.split())


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint such as `` (did you mean 'replicas'?)``, or nothing when no known name is near."""
    candidates = sorted(set(known))
    match = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return f" (did you mean {match[0]!r}?)" if match else ""
