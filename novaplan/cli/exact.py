"""A model as plain values for JSON: every field, and quantities as integers in fields that name their unit."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from novaplan.topology.base import Bytes, Millicores, Milliseconds, Model
from novaplan.topology.service import Resources

_UNITS = {Millicores: "millicores", Bytes: "bytes", Milliseconds: "milliseconds"}


def exact(value: Any) -> Any:
    """``value`` as plain values: models become dicts with all their fields, tuples become lists."""
    if isinstance(value, Resources):
        return _resources(value)
    if isinstance(value, Model):
        return {key: exact(getattr(value, name)) for name, key in _keys(type(value))}
    if isinstance(value, tuple):
        return [exact(item) for item in value]
    return value


def _resources(resources: Resources) -> dict[str, int | None]:
    return {
        "cpu_request_millicores": resources.requests.cpu,
        "cpu_limit_millicores": resources.limits.cpu,
        "memory_request_bytes": resources.requests.memory,
        "memory_limit_bytes": resources.limits.memory,
    }


@cache
def _keys(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Each field's name, and its name in JSON."""
    found = []
    for name, field in model.model_fields.items():
        # pydantic keeps the marks of `Bytes` at the field, those of `Bytes | None` at the member of the union.
        marks = [*field.metadata, *(mark for part in get_args(field.annotation) for mark in _marks(part))]
        unit = next((unit for alias, unit in _UNITS.items() if any(mark in marks for mark in _marks(alias))), None)
        found.append((name, f"{name}_{unit}" if unit else name))
    return tuple(found)


def _marks(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ())
