"""In which fields two parts differ, and how a value is written where its unit must be told from its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from novaplan.topology.base import Model
from novaplan.topology.system import PROVENANCE
from novaplan.topology.units import unit_name, units, written

Difference = tuple[str, str, Any, Any]
"""Path, unit (empty for a value without one), before, after."""


@cache
def names(model: type[Model]) -> tuple[str, ...]:
    """The fields of a model that say what something is; provenance does not."""
    return tuple(name for name in model.model_fields if name not in PROVENANCE)


@cache
def _defaults(model: type[Model]) -> dict[str, Any]:
    fields = model.model_fields
    return {name: fields[name].get_default(call_default_factory=True) for name in names(model)}


def stated(model: Model) -> Iterator[Difference]:
    """Every field of a part that is not at its default, as if it had been nothing before."""
    defaults, own = _defaults(type(model)), units(type(model))
    for name in names(type(model)):
        value = model.__dict__[name]
        if value != defaults[name]:
            yield from differences(None, value, path=name, unit=own.get(name, ""))


def differences(before: Any, after: Any, *, path: str = "", unit: str = "") -> Iterator[Difference]:
    """Every field in which two values differ; a value that is not there is None. Provenance does not count."""
    if before == after:
        return
    if isinstance(before, Model) and isinstance(after, Model):
        yield from _between(before, after, path)
        return
    if isinstance(before or after, Model) and (before is None or after is None):
        inner = list(_alone(before or after, path, gone=after is None))
        yield from inner
        if inner:
            return
        # A block that holds nothing but its defaults is still there or not.
    if plain(before) != plain(after) and not (_nothing(before) and _nothing(after)):
        yield path, unit, before, after


def _between(before: Model, after: Model, path: str) -> Iterator[Difference]:
    """What differs between two models, of one class or of two members of a union."""
    old, new = before.__dict__, after.__dict__
    kinds = (type(before), type(after))
    fields = names(kinds[0]) if kinds[0] is kinds[1] else dict.fromkeys(name for kind in kinds for name in names(kind))
    for name in fields:
        was, now = old.get(name), new.get(name)
        if was is now or was == now:
            continue
        unit = units(kinds[0]).get(name) or units(kinds[1]).get(name, "")
        below = f"{path}.{name}" if path else name
        if isinstance(was, str | int) and isinstance(now, str | int):
            yield below, unit, was, now
        else:
            yield from differences(was, now, path=below, unit=unit)


def _alone(model: Model, path: str, *, gone: bool) -> Iterator[Difference]:
    """Everything a block states that came or went as a whole."""
    own = units(type(model))
    for name in names(type(model)):
        value = model.__dict__[name]
        if isinstance(value, Model):
            yield from _alone(value, f"{path}.{name}", gone=gone)
        elif not _nothing(value):
            yield f"{path}.{name}", own.get(name, ""), *((value, None) if gone else (None, value))


def _nothing(value: Any) -> bool:
    return value is None or value == () or value == ""


def value_at(model: Model | None, path: str) -> Any:
    """What ``model`` holds under a dotted path; None where the path leads nowhere."""
    value: Any = model
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def plain(value: Any) -> Any:
    """``value`` as JSON holds it. Quantities are integers and their names end in the unit: ``memory_bytes``."""
    if isinstance(value, Model):
        own = units(type(value))
        return {
            unit_name(name, own.get(name, "")): plain(item)
            for name in names(type(value))
            if (item := value.__dict__[name]) is not None
        }
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value


def shown(value: Any, unit: str = "") -> str:
    """``value`` for people: quantities as Kubernetes writes them."""
    if value is None or value == ():
        return "none"
    if unit:
        return written(value, unit)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        named = value and all(isinstance(getattr(item, "name", None), str) for item in value)
        return ", ".join(item.name if named else shown(item) for item in value)
    if isinstance(value, Model):
        own = units(type(value))
        items = ((name, getattr(value, name)) for name in names(type(value)))
        return " ".join(f"{name} {shown(item, own.get(name, ''))}" for name, item in items if item not in (None, ()))
    return str(value)
