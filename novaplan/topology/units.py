"""Quantities in a model: how a field is marked as one, and the unit its integer counts in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, get_args

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from novaplan import quantity


class Quantity:
    """Marks an integer that is written as a quantity: ``Annotated[int, Quantity(...)]``."""

    def __init__(
        self, unit: str, parse: Callable[[Any], int], form: Callable[[int], str], kind: str, example: str
    ) -> None:
        self.unit = unit
        self.form = form
        self._parse = parse
        self._cached = lru_cache(maxsize=4096, typed=True)(parse)
        self._json_schema = {"type": ["string", "number"], "title": kind, "examples": [example]}

    def _read(self, value: Any) -> int:
        try:
            # What cannot be hashed is no quantity either; the parser says so in its own words.
            return self._cached(value) if isinstance(value, (str, int, float)) else self._parse(value)
        except ValueError as error:
            raise PydanticCustomError("quantity", "{reason}", {"reason": str(error)}) from None

    # As BeforeValidator, PlainSerializer and WithJsonSchema would do together; but those look at the signatures of the
    # same functions again for each of the fields that hold a quantity.

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        writer = core_schema.plain_serializer_function_ser_schema(self.form, return_schema=core_schema.str_schema())
        return core_schema.no_info_before_validator_function(self._read, handler(source), serialization=writer)

    def __get_pydantic_json_schema__(self, _schema: core_schema.CoreSchema, _handler: Any) -> dict[str, Any]:
        return dict(self._json_schema)


MILLICORES = Quantity("millicores", quantity.parse_millicores, quantity.format_millicores, "CPU", "500m")
BYTES = Quantity("bytes", quantity.parse_bytes, quantity.format_bytes, "Memory or storage", "512Mi")
MILLISECONDS = Quantity("milliseconds", quantity.parse_milliseconds, quantity.format_milliseconds, "Duration", "30s")

_FORMS = {mark.unit: mark.form for mark in (MILLICORES, BYTES, MILLISECONDS)}


@cache
def units(model: type[BaseModel]) -> dict[str, str]:
    """The unit of every field of ``model`` that holds a quantity, by the name of the field."""
    found = {name: _unit(field.annotation, field.metadata) for name, field in model.model_fields.items()}
    return {name: unit for name, unit in found.items() if unit}


def _unit(annotation: Any, marks: Any) -> str:
    """pydantic keeps the marks of ``Bytes`` at the field, those of ``Bytes | None`` at the member of the union."""
    own = next((mark.unit for mark in marks if isinstance(mark, Quantity)), "")
    return own or next((unit for part in get_args(annotation) if (unit := _unit(part, _marks(part)))), "")


def _marks(annotation: Any) -> Any:
    return getattr(annotation, "__metadata__", ())


def unit_name(name: str, unit: str) -> str:
    """``name`` with the unit of what it holds: ``memory_bytes``."""
    return f"{name}_{unit}" if unit else name


def written(value: int, unit: str) -> str:
    """A quantity as Kubernetes writes it."""
    return _FORMS[unit](value)
