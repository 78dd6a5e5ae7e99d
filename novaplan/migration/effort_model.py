"""The file that says what each kind of step costs."""

import os
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from novaplan.documents import files, reader
from novaplan.documents.positions import Document
from novaplan.errors import InputError
from novaplan.topology.base import Label, Model
from novaplan.topology.validation import validate

Number = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class Days(Model):
    """Person-days, in three guesses."""

    optimistic: Number
    likely: Number
    pessimistic: Number

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.optimistic <= self.likely <= self.pessimistic:
            raise PydanticCustomError("days", "optimistic, likely and pessimistic should ascend")
        return self


class KindEffort(Model):
    """What a step of one kind costs: a fixed part, and one for each unit of what makes it larger."""

    kind: Label
    days: Days
    per: dict[str, Days] = Field(default_factory=dict)
    """By unit: ``kilolines`` of a codebase, ``tables``, ``routes``, ``clients``, ``keys``, ``topics``, ``services``."""
    source: Text
    """Where the figures come from; our own estimate says so."""


class Theme(Model):
    """An improvement, and the kinds of steps that make it up."""

    name: Label
    title: Text
    kinds: Annotated[tuple[Label, ...], Field(min_length=1)]
    claim: Label | None = None
    """The id of the claim that states its effort, in a file of claims."""


class EffortModel(Model):
    """All of it."""

    format: Literal["novaplan/effort/v1"] = "novaplan/effort/v1"
    name: Text = "effort"
    description: str = ""
    default: Days
    """Of kinds without an entry."""
    kinds: tuple[KindEffort, ...]
    themes: tuple[Theme, ...] = ()


def load_effort(source: str | os.PathLike[str] = "effort") -> EffortModel:
    """The effort model called ``source``: a file, or a name that is looked up in ``models/`` and then in the package;
    ``-`` reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return _validated(reader.read_one(path))


def loads_effort(text: str, *, file: str = "<text>") -> EffortModel:
    """The effort model that ``text`` holds as YAML or JSON. Raises ``DocumentError`` or ``InputError``."""
    documents = reader.parse(text, file=file)
    if len(documents) != 1:
        raise InputError(f"expected one document, found {len(documents)}", file=file)
    return _validated(documents[0])


def _validated(document: Document) -> EffortModel:
    return validate(EffortModel, document, InputError)
