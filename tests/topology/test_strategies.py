"""The strategies draw every field of the model, so that a property of topologies is a property of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from pydantic import BaseModel

from novaplan.topology.base import Model
from novaplan.topology.system import Topology
from tests.strategies import topologies

# There is one version of the format, and nothing else could stand there.
FIXED = {("Topology", "format")}


def models(root: type[BaseModel]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting: list[Any] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, type) and issubclass(item, BaseModel) and item not in found:
            found.add(item)
            waiting.extend(field.annotation for field in item.model_fields.values())
        else:
            waiting.extend(getattr(item, "__args__", ()))
    return found


def stated(value: Any) -> Iterator[tuple[str, str]]:
    """Every field below ``value`` that holds something else than its default, with its class."""
    if isinstance(value, Model):
        for name, field in type(value).model_fields.items():
            item = getattr(value, name)
            if item != field.get_default():
                yield type(value).__name__, name
                yield from stated(item)
            elif field.is_required():
                yield type(value).__name__, name
    elif isinstance(value, tuple):
        for item in value:
            yield from stated(item)


def test_every_field_of_every_class_is_drawn() -> None:
    seen: set[tuple[str, str]] = set()

    @settings(
        max_examples=500,  # 300 do not see every field beside all other tests, whose modules' constants are drawn too
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(topologies())
    def draw(topology: Topology) -> None:
        seen.update(stated(topology))

    draw()
    every = {(model.__name__, name) for model in models(Topology) for name in model.model_fields} - FIXED
    standalone = {("Standalone", "type")}  # the default deployment is left out where it stands
    assert every - seen - standalone == set()
