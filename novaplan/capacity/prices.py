"""What vCPUs, memory and storage cost: a file that a person edits. No price is known to the code."""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from novaplan.documents import files, reader
from novaplan.errors import InputError
from novaplan.topology.base import Model
from novaplan.topology.validation import validate

_MOST = Decimal(10) ** 12
_FINEST = -12  # as an exponent of ten: a price per GiB and month may be a small part of a cent


def decimal(value: Any) -> Decimal:
    """A number from 0 up, exactly as it is written; text and numbers alike. Raises ``ValueError``."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ValueError("should be a number such as 24.50")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{str(value)[:40]!r} is not a number such as 24.50") from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{str(value)[:40]!r} is not a number such as 24.50")
    if number < 0:
        raise ValueError(f"{number} is negative")
    if number >= _MOST or exponent < _FINEST:
        raise ValueError(f"{str(value)[:40]!r} should be below {_MOST:,} and have at most {-_FINEST} decimal places")
    return number


def _read(value: Any) -> Decimal:
    try:
        return decimal(value)
    except ValueError as error:
        raise PydanticCustomError("decimal", "{reason}", {"reason": str(error)}) from None


if TYPE_CHECKING:  # a constructor takes what a file may hold
    Exact = Decimal
else:
    Exact = Annotated[
        Decimal,
        BeforeValidator(_read),
        PlainSerializer(str, return_type=str),
        WithJsonSchema({"type": ["string", "number"], "title": "Decimal number", "examples": ["24.50"]}),
    ]
"""A decimal number from 0 up, kept exactly as it is written."""


class Sourced(Model):
    """A figure that says where it comes from. One that does not is an example, and everything computed from it says
    so."""

    example: bool = True
    """Made up, or measured elsewhere; ``false`` once a person stands for it, which takes a ``source``."""
    source: str | None = None
    """Where the figure comes from: a contract, a price list with its date, a load test."""

    @model_validator(mode="after")
    def _stands_for(self) -> Self:
        if not self.example and not self.source:
            raise PydanticCustomError("source", "says example: false, so it should name its source")
        return self


class Price(Sourced):
    """What one unit costs for a month."""

    amount: Exact
    """In the currency of the file."""


class Prices(Model):
    """What a system's resources cost for a month. Capacity counts as it is requested, used or not."""

    format: Literal["novaplan/prices/v1"] = "novaplan/prices/v1"
    name: Annotated[str, Field(min_length=1, max_length=253)] = "prices"
    description: str = ""
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    """Three letters of ISO 4217, such as EUR. Only shown: nothing is converted."""
    vcpu_month: Price
    """One requested vCPU (1000 millicores)."""
    memory_gib_month: Price
    """One requested GiB (2^30 bytes) of memory."""
    storage_gib_month: Price
    """One GiB (2^30 bytes) of storage, full or not."""

    @property
    def each(self) -> dict[str, Price]:
        """The prices by the name of their field."""
        return {name: getattr(self, name) for name in PRICED}

    @property
    def examples(self) -> tuple[str, ...]:
        """Names of the prices that are examples."""
        return tuple(name for name, price in self.each.items() if price.example)


PRICED = ("vcpu_month", "memory_gib_month", "storage_gib_month")
"""The names of the prices."""


def load_prices(source: str | os.PathLike[str] = "prices") -> Prices:
    """The prices called ``source``: a file, or a name that is looked up in ``models/`` and then in the package; ``-``
    reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return validate(Prices, reader.read_one(path), InputError)


def loads_prices(text: str, *, file: str = "<text>") -> Prices:
    """The prices that ``text`` holds as YAML or JSON. Raises ``DocumentError`` or ``InputError``."""
    documents = reader.parse(text, file=file)
    if len(documents) != 1:
        raise InputError(f"expected one document, found {len(documents)}", file=file)
    return validate(Prices, documents[0], InputError)
