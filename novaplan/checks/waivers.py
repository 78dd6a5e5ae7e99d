"""Waivers: findings that somebody accepted, for a reason, until a day."""

import datetime
import os
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field

from novaplan.checks.catalogue import all_checks
from novaplan.documents import reader
from novaplan.documents.positions import Document
from novaplan.errors import InputError, Problem, UnknownNameError, nearest
from novaplan.findings import Finding
from novaplan.topology.base import Model
from novaplan.topology.validation import placed, validate

Text = Annotated[str, Field(min_length=1)]


class Waiver(Model):
    """Findings that are accepted."""

    check: Text
    """Name of the check."""
    subject: Text = "*"
    """What it is about, as findings name it; ``*`` and ``?`` stand for anything."""
    file: Text = "*"
    """The end of the path of the file, with the same signs."""
    reason: Text
    """Why it is accepted, for whoever reads this next."""
    expires: datetime.date
    """The last day on which it counts."""

    def covers(self, finding: Finding) -> bool:
        """Whether ``finding`` is one of those."""
        path = finding.file or ""
        return (
            finding.check == self.check
            and fnmatchcase(finding.subject, self.subject)
            and (self.file == "*" or fnmatchcase(path, self.file) or fnmatchcase(path, f"*/{self.file}"))
        )


class Waivers(Model):
    """A file of waivers."""

    format: Literal["novaplan/waivers/v1"] = "novaplan/waivers/v1"
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Waived:
    """Findings, those set aside among them."""

    standing: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, Waiver], ...] = ()
    unused: tuple[Waiver, ...] = ()
    """Waivers that cover nothing any more."""
    expired: tuple[Waiver, ...] = ()
    """Waivers that would cover something, had their day not passed."""


def load_waivers(source: str | os.PathLike[str]) -> Waivers:
    """The waivers of a file, ``-`` for standard input.

    Raises ``DocumentError``, ``InputError``, and ``UnknownNameError`` for a check that there is not, each with its
    place.
    """
    document = reader.read_one(os.fspath(source))
    found = validate(Waivers, document, InputError)
    known = {check.name for check in all_checks()}
    problems = [
        _unknown(document, index, item.check, known)
        for index, item in enumerate(found.waivers)
        if item.check not in known
    ]
    if problems:
        raise UnknownNameError(problems)
    return found


def _unknown(document: Document, index: int, name: str, known: Iterable[str]) -> Problem:
    return placed(document, ("waivers", index, "check"), f"there is no check {name!r}{nearest(name, known)}")


def waive(findings: Iterable[Finding], waivers: Waivers, today: datetime.date) -> Waived:
    """``findings`` without those that a waiver covers on the day ``today``."""
    live = [item for item in waivers.waivers if item.expires >= today]
    dead = [item for item in waivers.waivers if item.expires < today]
    standing, accepted, used = [], [], set()
    for finding in findings:
        waiver = next((item for item in live if item.covers(finding)), None)
        if waiver is None:
            standing.append(finding)
        else:
            accepted.append((finding, waiver))
            used.add(waiver)
    expired = tuple(item for item in dead if any(item.covers(finding) for finding in standing))
    unused = tuple(item for item in waivers.waivers if item not in used and item not in expired)
    return Waived(tuple(standing), tuple(accepted), unused, expired)
