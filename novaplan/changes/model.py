"""Changes as values: what differs between two topologies, and how to get from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from novaplan.changes.fields import plain
from novaplan.errors import InputError
from novaplan.topology.base import Model, replace
from novaplan.topology.lineage import Fate
from novaplan.topology.parts import join, kind_of, label_of, split
from novaplan.topology.system import Topology
from novaplan.topology.units import unit_name

if TYPE_CHECKING:
    import pandas

    from novaplan.changes.summary import Summary
    from novaplan.tables import Table

FORMAT = "novaplan/diff/v1"

Action = Literal["merge", "move", "create", "update", "internal", "delete"]
"""merge: several parts became one; move: one part has a new address (several moves from one source are a split);
create: there was nothing; update: same address, other fields; internal: a call between services that became one;
delete: gone."""

ACTIONS: tuple[Action, ...] = ("merge", "move", "create", "update", "internal", "delete")
"""Every action, in the order changes of one kind are listed."""

Basis = Literal["exact", "stale", "none"]
"""exact: the target's lineage was made from this current topology; stale: from another version of it, and used as far
as its addresses still exist; none: parts are matched by address alone."""


class FieldChange(NamedTuple):
    """One field that differs. Values are the model's own: quantities are integers in ``unit``."""

    path: str
    """Where in the part: ``resources.requests.cpu``."""
    before: Any
    """What the source had, in a merge the first source; None for nothing."""
    after: Any
    unit: str = ""
    """``millicores``, ``bytes``, ``milliseconds``, or empty."""
    by_source: tuple[tuple[str, Any], ...] = ()
    """In a merge, what each source had, by its address."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the path of a quantity ends in its unit, as ``resources.requests.memory_bytes``."""
        body = {"path": unit_name(self.path, self.unit), "before": plain(self.before), "after": plain(self.after)}
        if self.by_source:
            body["by_source"] = {address: plain(value) for address, value in self.by_source}
        return body


class Change(NamedTuple):
    """What happened to one part."""

    action: Action
    kind: str
    """Kind of the part, as in its address."""
    address: str
    """In target; of a part that is gone, in current."""
    sources: tuple[str, ...] = ()
    """Addresses in current it was made from, the leading one first; of a part that is gone, its own."""
    fields: tuple[FieldChange, ...] = ()
    """What differs from the sources; of a new or a lost part, everything that is not at its default."""
    reason: str = ""
    into: tuple[str, ...] = ()
    """For a part that is gone: addresses of another kind in target that took its role, where the lineage says so."""
    before: tuple[Model, ...] = ()
    """The parts under ``sources``."""
    after: Model | None = None
    """The part under ``address`` in target; None when it is gone."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "action": self.action,
            "kind": self.kind,
            "address": self.address,
            "sources": list(self.sources),
            "into": list(self.into),
            "fields": [field.to_dict() for field in self.fields],
            "reason": self.reason,
        }


class Whereabouts(NamedTuple):
    """What became of one component of current."""

    fate: Fate
    into: tuple[str, ...] = ()
    """What the addresses in target say after the kind: of a service, its name."""
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"fate": self.fate, "into": list(self.into), "reason": self.reason}


@dataclass(frozen=True, eq=False)
class Diff:
    """Every change from one topology to another, in one order. Empty, and false, when the two say the same."""

    current: Topology
    target: Topology
    changes: tuple[Change, ...]
    lineage: Basis
    whereabouts: dict[str, Whereabouts]
    """What became of every part of current, by address."""
    carried: dict[str, Model]
    """Parts that stay what they are, but were written down elsewhere or also went into another part."""

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def of_kind(self, kind: str) -> tuple[Change, ...]:
        """The changes of one kind of part."""
        return tuple(change for change in self.changes if change.kind == kind)

    @cached_property
    def summary(self) -> Summary:
        """The difference in figures."""
        from novaplan.changes.summary import summarise

        return summarise(self)

    def fates(self, kind: str = "service") -> dict[str, Whereabouts]:
        """What became of every part of one kind of current, by name."""
        return {label_of(own): found for own, found in self.whereabouts.items() if kind_of(own) == kind}

    def apply(self, topology: Topology) -> Topology:
        """Make the changes to ``topology``: from current they give target, its lineage and provenance included.

        Raises ``InputError`` when ``topology`` is not what the difference was taken from.
        """
        if topology.digest != self.current.digest:
            message = (
                f"these changes were taken from {self.current.name} ({self.current.digest[:19]}...), "
                f"not from {topology.name} ({topology.digest[:19]}...); take the difference again"
            )
            raise InputError(message)
        parts = split(topology)
        for change in self.changes:
            for source in change.sources:
                parts.pop(source, None)
        parts.update(self.carried)
        parts.update({change.address: change.after for change in self.changes if change.after is not None})
        return replace(join(parts), lineage=self.target.lineage)

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON holds it, format ``novaplan/diff/v1``."""
        return {
            "format": FORMAT,
            "current": {"name": self.current.name, "digest": self.current.digest},
            "target": {"name": self.target.name, "digest": self.target.digest},
            "lineage": {
                "basis": self.lineage,
                "services": {name: found.to_dict() for name, found in self.fates("service").items()},
                "datastores": {name: found.to_dict() for name, found in self.fates("datastore").items()},
            },
            "summary": self.summary.to_dict(),
            "changes": [change.to_dict() for change in self.changes],
        }

    def text(self, width: int = 80) -> str:
        """The difference for people, as plain text of at most ``width`` columns."""
        from novaplan.changes import rendering

        return rendering.text(self, width)

    def markdown(self) -> str:
        """The difference for a pull request."""
        from novaplan.changes import rendering

        return rendering.markdown(self)

    def _repr_html_(self) -> str:
        from novaplan.changes import rendering

        return rendering.html(self)

    def table(self) -> Table:
        """One row for each change."""
        from novaplan.changes import rendering

        return rendering.table(self)

    def fields_table(self) -> Table:
        """One row for each field of each change."""
        from novaplan.changes import rendering

        return rendering.fields_table(self)

    def frame(self) -> pandas.DataFrame:
        """``table`` as a pandas DataFrame. Raises ``MissingExtraError`` when pandas is not installed."""
        return self.table().frame()
