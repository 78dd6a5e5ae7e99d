"""What a step does to a topology: edits of its parts, each under the part's address (``novaplan.topology.parts``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from novaplan.topology.base import Model, replace

Value = Model | bool
"""A part, or True for a fact: something that was done and that no topology shows, such as a copied table."""

FACT = "fact"


def fact(text: str) -> str:
    """The address of a fact, beside those of the parts."""
    return f"{FACT}:{text}"


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: a part put whole, some of its fields set, or, with neither, the part removed."""

    address: str
    part: Value | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def removes(self) -> bool:
        """Whether the part is gone afterwards."""
        return self.part is None and not self.fields

    def applied(self, before: Value | None) -> Value | None:
        """The part afterwards. Fields of a missing part cannot be set: it stays missing, as a proof will see."""
        if self.fields:
            return replace(before, **self.fields) if isinstance(before, Model) else before
        return self.part

    def clashes(self, other: Edit) -> bool:
        """Whether the result depends on which of two edits of one address comes first."""
        if self.address != other.address:
            return False
        if self.fields and other.fields:
            shared = self.fields.keys() & other.fields.keys()
            return any(self.fields[name] != other.fields[name] for name in shared)
        return bool(self.fields) or bool(other.fields) or self.part != other.part


def put(address: str, part: Value) -> Edit:
    """``part`` stands under ``address`` afterwards."""
    return Edit(address, part=part)


def remove(address: str) -> Edit:
    """Nothing stands under ``address`` afterwards."""
    return Edit(address)


def set_fields(address: str, **fields: Any) -> Edit:
    """The part under ``address`` has these fields afterwards."""
    return Edit(address, fields=fields)


def apply(edits: Iterable[Edit], parts: dict[str, Value]) -> None:
    """Make ``edits`` in ``parts``, one after the other."""
    for edit in edits:
        after = edit.applied(parts.get(edit.address))
        if after is None:
            parts.pop(edit.address, None)
        else:
            parts[edit.address] = after


def inverse(edits: Iterable[Edit], before: Mapping[str, Value]) -> tuple[Edit, ...]:
    """The edits that give ``before`` back after ``edits``."""
    undone: dict[str, Edit] = {}
    for edit in edits:
        old = before.get(edit.address)
        earlier = undone.get(edit.address)
        if old is None or not edit.fields or (earlier is not None and not earlier.fields):
            undone[edit.address] = Edit(edit.address, part=old)
        else:
            known = dict(earlier.fields) if earlier is not None else {}
            undone[edit.address] = Edit(edit.address, fields=known | {name: getattr(old, name) for name in edit.fields})
    return tuple(undone.values())
