"""What every model shares: frozen values, typed names, exact quantities.

A constructor takes the *written* form of a quantity, as a file does (``cpu="500m"``, ``grace="30s"``); the attribute
then holds the exact integer in the unit its type names (millicores, bytes, milliseconds).
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from novaplan.topology.units import BYTES, MILLICORES, MILLISECONDS


class Model(BaseModel):
    """A frozen value. Unknown fields are refused; two values are equal when all their fields are."""

    # defer_build: a command that reads a topology builds one validator for the whole tree, not one for each class.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)


M = TypeVar("M", bound=Model)


def replace(model: M, **changes: Any) -> M:
    """A copy of ``model`` with some attributes changed; the new values are taken as they are, without validation."""
    copy = model.model_copy(update=changes)
    # What was worked out for the model (``cached_property``) does not hold for its copy.
    for name in copy.__dict__.keys() - type(model).model_fields.keys():
        del copy.__dict__[name]
    return copy


def defaults_of(model: type[M]) -> M:
    """``model()``, as the default of a field. To call the class would build its validator while novaplan starts, and
    one for each class that stands as a default; a topology needs none but its own."""
    return cast(M, model.model_construct())  # pydantic's plugin for mypy takes it for any Model


def sorted_by(key: Callable[[Any], Any]) -> AfterValidator:
    """Order carries no meaning in a topology, so one order is kept: two files that say the same are equal."""
    return AfterValidator(lambda items: tuple(sorted(items, key=key)))


by_name = sorted_by(lambda item: item.name)
in_order = sorted_by(lambda item: item)

Millicores = Annotated[int, MILLICORES]
Bytes = Annotated[int, BYTES]
Milliseconds = Annotated[int, MILLISECONDS]

NAME_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
HOST_PATTERN = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
LABEL_PATTERN = r"^[^\s\x00-\x1f\x7f]+$"

Name = Annotated[str, Field(max_length=63, pattern=NAME_PATTERN)]
"""A name Kubernetes accepts for any object: a DNS label (RFC 1123), at most 63 characters."""
HostName = Annotated[str, Field(max_length=253, pattern=HOST_PATTERN)]
"""A name with dots, as externals and secrets have."""
Label = Annotated[str, Field(min_length=1, max_length=253, pattern=LABEL_PATTERN)]
"""A name some server gave (a database, a topic, a queue): anything printable without white space."""
# Kubernetes holds every count as an int32; a longer one is a slip of the pen.
_MOST = 2**31 - 1
Count = Annotated[int, Field(strict=True, ge=0, le=_MOST)]
Positive = Annotated[int, Field(strict=True, ge=1, le=_MOST)]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]
PortNumber = Annotated[int, Field(strict=True, ge=1, le=65535)]
CountOrPercent = Annotated[int, Field(strict=True)] | str
"""A count, or a percentage such as ``25%``, as Kubernetes takes both for rollouts and disruption budgets."""
Names = Annotated[tuple[Label, ...], in_order]
"""Names without order."""


class Place(Model):
    """Where something was declared: a file, a line in it, and the field or variable."""

    file: str
    line: Positive | None = None
    field: str | None = None


Places = tuple[Place, ...]


def duplicates(items: Sequence[Any], key: Callable[[Any], Any]) -> list[tuple[int, Any]]:
    """``(index, key)`` of every item whose key an earlier item already has."""
    if len(items) < 2:  # nearly all of the many small collections of a system
        return []
    seen: set[Any] = set()
    found = []
    for index, item in enumerate(items):
        value = key(item)
        if value in seen:
            found.append((index, value))
        seen.add(value)
    return found
