"""What two renderings of a system differ in, object by object, as operations of a JSON patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from novaplan.render.manifests import Manifest, identity

Path = tuple[str | int, ...]
Identity = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """What to do at one place of an object."""

    op: Literal["add", "remove", "replace"]
    path: Path
    value: Any = None

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)


@dataclass(frozen=True, slots=True)
class Difference:
    """What turns one rendering into another."""

    added: list[Manifest]
    removed: list[Manifest]
    changed: list[tuple[Manifest, list[Operation]]]
    """Objects as they are before, with what to do to them."""


def difference(before: Iterable[Manifest], after: Iterable[Manifest]) -> Difference:
    """What turns ``before`` into ``after``, in the order of both."""
    old, new = by_identity(before), by_identity(after)
    changes = ((item, list(operations(item, new[key]))) for key, item in old.items() if key in new)
    return Difference(
        added=[item for key, item in new.items() if key not in old],
        removed=[item for key, item in old.items() if key not in new],
        changed=[(item, found) for item, found in changes if found],
    )


def by_identity(items: Iterable[Manifest]) -> dict[Identity, Manifest]:
    """Objects by what tells them from each other."""
    return {identity(item): item for item in items}


def operations(before: Any, after: Any, path: Path = ()) -> Iterator[Operation]:
    """What turns one value into another. Lists of different lengths are replaced as a whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from operations(value, after[key], (*path, key))
            else:
                yield Operation("remove", (*path, key))
        for key, value in after.items():
            if key not in before:
                yield Operation("add", (*path, key), value)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from operations(one, other, (*path, index))
    elif type(before) is not type(after) or before != after:
        yield Operation("replace", path, after)
