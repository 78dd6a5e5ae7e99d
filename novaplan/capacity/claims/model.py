"""Claims: figures that somebody stated about a system, as a file that a person edits."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from novaplan.capacity.claims.figures import FIGURES, Figure
from novaplan.capacity.claims.values import NUMERIC, Stated, read
from novaplan.capacity.pods import Count
from novaplan.capacity.recovery import SCENARIOS, Scenario
from novaplan.documents import files, reader
from novaplan.documents.positions import Document
from novaplan.errors import InputError, NovaplanError, Problem, UnknownNameError, nearest
from novaplan.topology.base import Model, Name, Names, duplicates
from novaplan.topology.system import Topology
from novaplan.topology.validation import placed, validate

Text = Annotated[str, Field(min_length=1)]
Subjects = Annotated[
    tuple[Text, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(min_length=1),
]


class Claim(Model):
    """One stated figure."""

    id: Name
    subject: Subjects = ("system",)
    """What it is about, one or several: ``system``, ``namespace:NAME``, ``services``, ``datastores``, a service, a
    datastore with its helpers, ``NAME/members`` of it alone, or a helper as ``postgres/etcd``."""
    figure: Text
    """Its name among ``novaplan.capacity.claims.figures.FIGURES``."""
    value: Any = None
    """What was stated, written as in a topology; or else ``least`` and ``most``."""
    least: Any = None
    most: Any = None
    where: Text = "stated"
    """Where it was stated; claims with the same place are the rows of one table."""
    note: str = ""
    """How the statement was read."""
    topologies: Names = ()
    """Names of the topologies it is about; none: those of the file, or else all."""
    count: Count | None = None
    """The number of pods meant; absent: the lower bound or the stated one will do."""
    optional: bool | None = None
    """Whether optional components are meant to run; absent: either will do."""
    scenario: Scenario | None = None
    """What is lost, for times of recovery."""

    @property
    def meant(self) -> Figure:
        """The figure it is about. Raises ``KeyError`` for an unknown one."""
        return FIGURES[self.figure]

    @cached_property
    def stated(self) -> Stated:
        """What was stated. Raises ``ValueError`` when it is not of the figure's kind."""
        kind = self.meant.kind
        value, least, most = (
            None if item is None else read(kind, item) for item in (self.value, self.least, self.most)
        )
        if value is not None:
            return Stated(kind, value)
        numbers = [None if item is None else int(item) for item in (least, most)]  # type: ignore[arg-type]
        return Stated(kind, None, *numbers)


class Claims(Model):
    """Claims about one system."""

    format: Literal["novaplan/claims/v1"] = "novaplan/claims/v1"
    name: Text = "claims"
    description: str = ""
    topologies: Names = ()
    """Names of the topologies that claims are about which name none; none here either: all."""
    claims: Annotated[tuple[Claim, ...], Field(min_length=1)]

    _document: Document | None = PrivateAttr(default=None)

    def of(self, topology: Topology) -> tuple[Claim, ...]:
        """The claims that are about ``topology``, by its name."""
        found = []
        for claim in self.claims:
            names = claim.topologies or self.topologies
            if not names or topology.name in names:
                found.append(claim)
        return tuple(found)

    def problem(self, claim: Claim, field: str, message: str) -> Problem:
        """A problem with one field of ``claim``, where it stands in the file."""
        document = self._document or Document(self.model_dump(mode="json"), f"claims {self.name}", 1)
        return placed(document, ("claims", self.claims.index(claim), field), f"{claim.id}: {message}")

    def check(self) -> None:
        """Raise ``UnknownNameError`` for an unknown figure, with the nearest name, and ``InputError`` for a value that
        is not of its kind, a range that contradicts itself, or a claim that states nothing; every problem is told."""
        unknown, wrong = [], []
        for claim in self.claims:
            if claim.figure not in FIGURES:
                hint = nearest(claim.figure, FIGURES) or f"; known: {', '.join(FIGURES)}"
                unknown.append(self.problem(claim, "figure", f"there is no figure {claim.figure!r}{hint}"))
            else:
                wrong += [self.problem(claim, field, message) for field, message in _wrong(claim)]
        wrong += [
            self.problem(self.claims[index], "id", "is the id of another claim; choose one of its own")
            for index, _ in duplicates(self.claims, lambda claim: claim.id)
        ]
        if unknown or wrong:
            kind: type[NovaplanError] = InputError if wrong else UnknownNameError
            raise kind([*unknown, *wrong])


def _wrong(claim: Claim) -> list[tuple[str, str]]:
    """What is wrong with a claim whose figure is known: fields and messages."""
    kind, found = claim.meant.kind, []
    for field in ("value", "least", "most"):
        value = getattr(claim, field)
        if value is not None:
            try:
                read(kind, value)
            except ValueError as error:
                found.append((field, str(error)))
    ends = [field for field in ("least", "most") if getattr(claim, field) is not None]
    if claim.value is None and not ends:
        found.append(("value", "states nothing; give a value, or least and most"))
    elif claim.value is not None and ends:
        found.append((ends[0], "contradicts value; keep one of them"))
    elif ends and kind not in NUMERIC:
        found.append((ends[0], f"a figure such as {claim.figure} has no range; give a value"))
    elif len(ends) == 2 and not found and read(kind, claim.least) > read(kind, claim.most):  # type: ignore[operator]
        found.append(("least", f"{claim.least} is above most, {claim.most}; swap them"))
    if claim.figure == "recovery" and claim.scenario is None:
        found.append(("scenario", f"is needed for a time of recovery: one of {', '.join(SCENARIOS)}"))
    return found


def load_claims(source: str | os.PathLike[str]) -> Claims:
    """The claims called ``source``: a file, or a name that is looked up in ``models/`` and then in the package; ``-``
    reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return _claims(reader.read_one(path))


def loads_claims(text: str, *, file: str = "<text>") -> Claims:
    """The claims that ``text`` holds as YAML or JSON. Raises as ``load_claims`` does."""
    documents = reader.parse(text, file=file)
    if len(documents) != 1:
        raise InputError(f"expected one document, found {len(documents)}", file=file)
    return _claims(documents[0])


def _claims(document: Document) -> Claims:
    claims = validate(Claims, document, InputError)
    claims._document = document
    claims.check()
    return claims
