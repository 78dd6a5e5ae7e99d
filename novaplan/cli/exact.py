"""A model as plain values for JSON: every field, and quantities as integers in fields that name their unit."""

from __future__ import annotations

from typing import Any

from novaplan.topology.base import Model
from novaplan.topology.service import Resources
from novaplan.topology.units import unit_name, units


def exact(value: Any) -> Any:
    """``value`` as plain values: models become dicts with all their fields, tuples become lists."""
    if isinstance(value, Resources):
        return _resources(value)
    if isinstance(value, Model):
        kind = type(value)
        return {unit_name(name, units(kind).get(name, "")): exact(getattr(value, name)) for name in kind.model_fields}
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
