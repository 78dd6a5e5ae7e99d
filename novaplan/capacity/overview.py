"""Totals, connections, recovery and claims of topologies, side by side: as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from novaplan.capacity import connection_words
from novaplan.capacity.claims import words
from novaplan.capacity.connections import ServerConnections, connections
from novaplan.capacity.pods import Count
from novaplan.capacity.ranges import COUNTS, Ranges, ranges
from novaplan.capacity.recovery import Recovery, recovery
from novaplan.capacity.totals import Amounts, Component, Totals
from novaplan.errors import one_line
from novaplan.quantity import format_bytes
from novaplan.tables import Table
from novaplan.topology.datastore import Managed
from novaplan.topology.system import Topology

if TYPE_CHECKING:
    from novaplan.capacity.claims.judgement import Judgement
    from novaplan.capacity.limits import ConnectionDefaults
    from novaplan.capacity.recovery_model import RecoveryModel

FORMAT = "novaplan/totals/v1"
Shown = Literal["minimum", "current", "maximum", "all"]
TITLES = {
    "pods": "pods",
    "cpu_request_millicores": "CPU request",
    "cpu_limit_millicores": "CPU limit",
    "memory_request_bytes": "memory request",
    "memory_limit_bytes": "memory limit",
    "storage_bytes": "storage",
}
_HEADS = ("pods", "CPU", "limit", "memory", "limit", "storage")
"""The same above narrow columns: what is requested, then the limit of it."""
_COUNTED: dict[Count, str] = {"minimum": "the fewest pods", "current": "the current pods", "maximum": "the most pods"}
_MEBI = 1 << 20
_LONGEST = 20
"""A heading shows so many characters of a topology's name."""


@dataclass(frozen=True)
class Overview:
    """One topology in figures."""

    topology: Topology
    shown: Shown = "current"
    """The count whose figures come first."""
    optional: bool = True
    """Whether components that the system is complete without count."""
    defaults: ConnectionDefaults | None = None
    model: RecoveryModel | None = None
    judged: tuple[Judgement, ...] | None = None
    """The claims about it, where there are claims to hold against it."""

    @cached_property
    def ranges(self) -> Ranges:
        """The totals at each count."""
        found = ranges(self.topology)
        return found if self.optional else found.without_optional()

    @cached_property
    def connections(self) -> tuple[ServerConnections, ...]:
        """The servers and what their clients open; optional clients count."""
        return connections(self.topology, self.defaults)

    @cached_property
    def recovery(self) -> tuple[Recovery, ...]:
        """How long each component takes to recover from each loss."""
        return recovery(self.topology, self.model)

    @property
    def label(self) -> str:
        """The topology's name as a heading shows it."""
        name = one_line(self.topology.name) or "unnamed"
        return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"

    @property
    def count(self) -> Count:
        """The count whose figures stand for themselves in JSON."""
        return "current" if self.shown == "all" else self.shown

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: one item of ``topologies``."""
        body = self.ranges.to_dict(self.count)
        del body["topology"]
        head = {"name": self.topology.name, "digest": self.topology.digest, "count": self.count}
        return {
            **head,
            "optional_included": self.optional,
            **body,
            "storage_not_stated": self._without_storage(),
            "connections": [item.to_dict() for item in self.connections],
            "recovery": [item.to_dict() for item in self.recovery],
            **({} if self.judged is None else {"claims": [item.to_dict() for item in self.judged]}),
        }

    def parts(self) -> Iterator[Table | list[str]]:
        """Tables, and lines that belong below them."""
        for count in COUNTS if self.shown == "all" else (self.shown,):
            yield self._components(count)
        yield self._notes()
        yield self._whole()
        if self.connections:
            yield connection_words.table(self.connections, f"{self.label}: connections")
            yield connection_words.remarks(self.connections)
        if self.judged:
            yield from words.parts(self.judged, self.label)

    def _components(self, count: Count) -> Table:
        found = self.ranges.at[count]
        rows = [_row(_named(item), item.amounts, (item,)) for item in found.components]
        rows.append(_row("total", found.total, found.components))
        if found.optional.pods:
            rows.append(_row("without optional", found.required, _required(found)))
        return Table(f"{self.label} at {_COUNTED[count]}", ("component", *_HEADS), tuple(rows))

    def _whole(self) -> Table:
        rows = []
        for count in COUNTS:
            found = self.ranges.at[count]
            rows.append(_row(_COUNTED[count], found.total, found.components))
            if found.optional.pods:
                rows.append(_row("  without optional", found.required, _required(found)))
        return Table(f"{self.label}: all of it, by the bounds of autoscaling", ("at", *_HEADS), tuple(rows))

    def _notes(self) -> list[str]:
        lines = []
        for figures in dict.fromkeys(item.unstated for item in self.ranges.at[self.count].components if item.unstated):
            names = [item.name for item in self.ranges.at[self.count].components if item.unstated == figures]
            said = ", ".join(TITLES[name] for name in figures)
            lines.append(f"not stated by some container, and counted 0: {said} of {', '.join(names)}")
        silent = self._without_storage()
        if silent:
            lines.append(f"no storage stated, and counted 0: {', '.join(silent)}")
        elsewhere = [store.name for store in self.topology.datastores if isinstance(store.deployment, Managed)]
        if elsewhere:
            lines.append(f"run by somebody else, and not counted: {', '.join(elsewhere)}")
        silent = [
            f"{service.name}/{item.name}"
            for service in self.topology.services
            for item in service.containers
            if item.kind == "init" and None in (item.resources.requests.cpu, item.resources.requests.memory)
        ]
        if silent:
            lines.append(
                f"init containers that do not state all, taken to need no more than what follows: {', '.join(silent)}"
            )
        return lines

    def _without_storage(self) -> list[str]:
        """Volumes and datastores of which no size is stated; a datastore may well have none."""
        shown = [service for service in self.topology.services if self.optional or not service.optional]
        found = [f"{service.name}/{item.name}" for service in shown for item in service.volumes if item.size is None]
        stores = (store for store in self.topology.datastores if self.optional or not store.optional)
        return [*found, *(store.name for store in stores if store.storage is None and store.members)]


def document(overviews: Sequence[Overview]) -> dict[str, Any]:
    """The JSON of ``novaplan totals``."""
    return {"format": FORMAT, "topologies": [item.to_dict() for item in overviews]}


def text(overviews: Sequence[Overview], width: int = 80) -> str:
    """Everything for a terminal, no line wider than ``width``."""
    import textwrap

    def of(part: Table | list[str]) -> str:
        if isinstance(part, Table):
            return part.text(width)
        return "\n".join(textwrap.fill(line, width, subsequent_indent="  ") for line in part)

    return "\n\n".join(filter(None, map(of, _parts(overviews))))


def markdown(overviews: Sequence[Overview]) -> str:
    """Everything as GitHub renders it."""

    def of(part: Table | list[str]) -> str:
        if isinstance(part, Table):
            return part.markdown()
        listed = Table("", ("",), tuple((line,) for line in part)).markdown().splitlines()[2:]
        return "\n".join(f"- {line.strip('| ')}" for line in listed)

    return "\n\n".join(filter(None, map(of, _parts(overviews)))) + "\n"


def _parts(overviews: Sequence[Overview]) -> Iterator[Table | list[str]]:
    if len(overviews) > 1:
        yield _side_by_side(overviews)
    for item in overviews:
        yield from item.parts()


def _side_by_side(overviews: Sequence[Overview]) -> Table:
    rows = []
    totals = [item.ranges.at[item.count] for item in overviews]
    for figure, title in TITLES.items():
        rows.append((title, *(str(cell(figure, found.total, found.components)) for found in totals)))
    names = (item.label for item in overviews)
    return Table(f"Side by side, at {_COUNTED[overviews[0].count]}", ("total", *names), tuple(rows))


def _required(found: Totals) -> tuple[Component, ...]:
    return tuple(item for item in found.components if not item.optional)


def _named(component: Component) -> str:
    return f"{component.name} (optional)" if component.optional else component.name


def _row(name: str, amounts: Amounts, components: Sequence[Component]) -> tuple[Any, ...]:
    return (name, *(cell(figure, amounts, components) for figure in TITLES))


def cell(figure: str, amounts: Amounts, components: Sequence[Component]) -> Any:
    """A figure; ``+`` where it is more than is stated, ``?`` where nothing is stated."""
    value = getattr(amounts, figure)
    if figure == "pods":
        return value
    if not any(figure in item.unstated for item in components):
        return amount(figure, value)
    return amount(figure, value) + "+" if value else "?"


def amount(figure: str, value: int) -> str:
    """``value`` in the unit that all figures of its kind share, so that a column can be read down."""
    if figure == "pods":
        return str(value)
    if "cpu" in figure:
        return f"{value}m"
    if value % _MEBI or not value:
        return format_bytes(value)
    if figure == "storage_bytes" and value % (_MEBI << 10) == 0:
        return f"{value // (_MEBI << 10)}Gi"
    return f"{value // _MEBI}Mi"
