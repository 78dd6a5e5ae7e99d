"""What a sweep varies: paths to fields, resolved and checked before the first scenario is computed.

A path names fields, and picks items of a collection by name, with ``*`` and ``?`` as in a shell:
``services.api.replicas``, ``services.*.autoscaling.cpu_percent``, ``datastores.postgres.deployment.members``,
``dependencies.api->postgres.pool.max``. ``prices.`` and ``load_model.`` lead into those models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from novaplan.errors import InputError, NovaplanError, UnknownNameError, nearest
from novaplan.topology.base import Model, replace
from novaplan.topology.system import Topology

Step = str | int
_IDENTITIES = frozenset({"name", "client", "server", "mode", "index", "type", "format", "lineage"})
"""Fields that say which part something is; another value would make it another part."""
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that varies, and where in the models its values go."""

    path: str
    values: tuple[Any, ...]
    """As they were handed over; they stand so in the results."""
    places: tuple[Place, ...] = ()
    """None for a setting: that goes into no model."""

    def apply(self, models: Mapping[str, Model], choice: int) -> dict[str, Model]:
        """Copies of ``models`` with value number ``choice`` at every place."""
        changed = dict(models)
        for place in self.places:
            changed[place.root] = _put(changed[place.root], place.steps, place.values[choice])
        return changed


@dataclass(frozen=True, slots=True)
class Place:
    """A field of one of the models, and the values for it as its type holds them."""

    root: str
    steps: tuple[Step, ...]
    values: tuple[Any, ...]


def plain(values: Iterable[Any], path: str) -> tuple[Any, ...]:
    """The values of a parameter, numbers of numpy and pandas as Python's own. Raises ``InputError``."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise InputError(f"needs a list of values, not {values!r}", field=path)
    found = tuple(value.item() if callable(getattr(value, "item", None)) else value for value in values)
    if not found:
        raise InputError("has no values; give at least one", field=path)
    return found


def resolve(path: str, values: Sequence[Any], models: Mapping[str, Model], settings: Iterable[str]) -> Parameter:
    """``path`` as places in ``models``, with ``values`` read as the fields there are.

    ``models`` holds the topology under ``topology``; other models are reached by their name. Raises
    ``UnknownNameError``, with the nearest name, when the path leads nowhere, and ``InputError`` when a value does not
    fit or the field may not vary.
    """
    root, segments = _root(path, models, settings)
    failures: list[NovaplanError] = []
    found = list(_walk(models[root], segments, (), path, failures))
    if not found:
        raise failures[0]
    places = tuple(Place(root, steps, _values(owner, steps[-1], values, path)) for owner, steps in found)
    return Parameter(path, tuple(values), places)


def _root(path: str, models: Mapping[str, Model], settings: Iterable[str]) -> tuple[str, list[str]]:
    segments = path.split(".")
    first, rest = segments[0], segments[1:]
    if first in models and first != "topology":
        return first, rest
    if first not in Topology.model_fields:
        known = [*settings, *Topology.model_fields, *(name for name in models if name != "topology")]
        raise UnknownNameError(f"there is nothing called {first!r} to vary{nearest(first, known)}", field=path)
    return "topology", segments


def _walk(
    node: Any, segments: Sequence[str], steps: tuple[Step, ...], path: str, failures: list[NovaplanError]
) -> Iterator[tuple[type[Model], tuple[Step, ...]]]:
    """The class that owns the field at the end of the path, and the steps there; why a way ends, in ``failures``."""
    if isinstance(node, tuple):
        yield from _items(node, segments, steps, path, failures)
    elif not isinstance(node, Model):
        what = "is not stated here" if node is None else "has no fields"
        whole = ".".join(path.split(".")[: -len(segments)]) if segments else path
        failures.append(InputError(f"{whole} {what}; vary {whole} as a whole", field=path))
    elif not segments or segments[0] not in type(node).model_fields:
        failures.append(_no_field(type(node), segments, path))
    elif len(segments) > 1:
        below = getattr(node, segments[0])
        yield from _walk(below, segments[1:], (*steps, segments[0]), path, failures)
    elif isinstance(node, Topology) and isinstance(getattr(node, segments[0]), tuple):
        message = f"holds several parts; name one and a field of it: {segments[0]}.NAME.FIELD"
        failures.append(UnknownNameError(message, field=path))
    elif segments[0] in _IDENTITIES:
        failures.append(InputError(f"{segments[0]!r} says which part it is, so it cannot vary", field=path))
    else:
        yield type(node), (*steps, segments[0])


def _items(
    items: tuple[Any, ...], segments: Sequence[str], steps: tuple[Step, ...], path: str, failures: list[NovaplanError]
) -> Iterator[tuple[type[Model], tuple[Step, ...]]]:
    labels = [_label(item) for item in items]
    pattern = segments[0]
    picked = [index for index, label in enumerate(labels) if label == pattern]
    if not picked and _WILD & set(pattern):
        picked = [index for index, label in enumerate(labels) if fnmatchcase(label, pattern)]
    if not picked:
        message = f"there is nothing called {pattern!r} in {steps[-1]}{nearest(pattern, labels)}"
        failures.append(UnknownNameError(message, field=path))
    for index in picked:
        yield from _walk(items[index], segments[1:], (*steps, index), path, failures)


def _label(item: Any) -> str:
    """What an item of a collection is called in a path."""
    client, server = getattr(item, "client", None), getattr(item, "server", None)
    if client is not None:
        return f"{client}->{server}"
    return str(getattr(item, "name", getattr(item, "index", item)))


def _no_field(owner: type[Model], segments: Sequence[str], path: str) -> NovaplanError:
    known = [name for name in owner.model_fields if name not in _IDENTITIES]
    if not segments:
        message = f"is a whole {owner.__name__}; name one of its fields: {', '.join(known)}"
        return UnknownNameError(message, field=path)
    return UnknownNameError(f"{owner.__name__} has no field {segments[0]!r}{nearest(segments[0], known)}", field=path)


def _values(owner: type[Model], field: Step, values: Sequence[Any], path: str) -> tuple[Any, ...]:
    reader = _reader(owner, str(field))
    found = []
    for value in values:
        try:
            found.append(reader.validate_python(value))
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            inside = ".".join(map(str, detail["loc"]))
            where = f" ({inside})" if inside else ""
            message = detail["msg"].replace("Input should be", "should be")
            raise InputError(f"{value!r}{where}: {message}", field=path) from None
    return tuple(found)


@lru_cache(maxsize=256)
def _reader(owner: type[Model], field: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(owner, include_extras=True)[field])


def _put(node: Any, steps: Sequence[Step], value: Any) -> Any:
    """A copy of ``node`` with ``value`` where ``steps`` lead."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        return (*node[:step], _put(node[step], rest, value), *node[step + 1 :])
    below = _put(getattr(node, step), rest, value)
    if isinstance(node, Topology):
        # Not a copy of the value as it stands: what it has computed of itself would come along.
        fields = {name: getattr(node, name) for name in Topology.model_fields}
        return Topology.model_construct(**{**fields, step: below})
    return replace(node, **{step: below})
