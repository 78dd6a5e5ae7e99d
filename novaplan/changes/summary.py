"""The difference in figures: how many there were and are, and what they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from novaplan.capacity.totals import FIGURES, totals
from novaplan.changes.model import ACTIONS
from novaplan.topology.system import Topology

if TYPE_CHECKING:
    from novaplan.changes.model import Diff


class Pair(NamedTuple):
    """One figure on both sides."""

    current: int
    target: int

    @property
    def changed(self) -> bool:
        """Whether the two sides differ."""
        return self.current != self.target

    def to_dict(self) -> dict[str, int]:
        """JSON-ready."""
        return {"current": self.current, "target": self.target}


class Summary(NamedTuple):
    """How two topologies compare. Optional services count; how many those are stands beside."""

    services: Pair
    optional_services: Pair
    datastores: Pair
    highly_available_datastores: Pair
    externals: Pair
    dependencies: Pair
    routes: Pair
    secrets: Pair
    namespaces: Pair
    databases: Pair
    schemas: Pair
    logical_dbs: Pair
    topics: Pair
    consumer_groups: Pair
    pods: Pair
    internal_dependencies: int
    """Calls between services that became one."""
    actions: dict[str, int]
    """Changes by action."""
    resources: dict[str, Pair]
    """Figures of ``novaplan.capacity.totals``, in millicores and bytes."""
    unknown_resources: Pair
    """Components that do not state what they request and count 0 above."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: _plain(value) for name, value in self._asdict().items()}


def summarise(diff: Diff) -> Summary:
    """The figures of a difference."""
    sides = (diff.current, diff.target)
    taken = tuple(map(totals, sides))
    acted = Counter(change.action for change in diff.changes)
    counted = {name: Pair(count(diff.current), count(diff.target)) for name, count in _COUNTS.items()}
    resources = {
        figure: Pair(getattr(taken[0].total, figure), getattr(taken[1].total, figure)) for figure in FIGURES[1:]
    }
    return Summary(
        **counted,
        pods=Pair(taken[0].total.pods, taken[1].total.pods),
        internal_dependencies=acted["internal"],
        actions={action: acted[action] for action in ACTIONS},
        resources=resources,
        unknown_resources=Pair(len(taken[0].unknown), len(taken[1].unknown)),
    )


def _parts(field: str) -> Callable[[Topology], int]:
    return lambda topology: sum(len(getattr(store, field)) for store in topology.datastores)


_COUNTS: dict[str, Callable[[Topology], int]] = {
    "services": lambda topology: len(topology.services),
    "optional_services": lambda topology: sum(service.optional for service in topology.services),
    "datastores": lambda topology: len(topology.datastores),
    "highly_available_datastores": lambda topology: sum(store.highly_available for store in topology.datastores),
    "externals": lambda topology: len(topology.externals),
    "dependencies": lambda topology: len(topology.dependencies),
    "routes": lambda topology: len(topology.routes),
    "secrets": lambda topology: len(topology.secrets),
    "namespaces": lambda topology: len(topology.namespaces),
    "databases": _parts("databases"),
    "schemas": lambda topology: sum(
        len(database.schemas) for store in topology.datastores for database in store.databases
    ),
    "logical_dbs": _parts("logical_dbs"),
    "topics": _parts("topics"),
    "consumer_groups": _parts("consumer_groups"),
}


def _plain(value: Any) -> Any:
    if isinstance(value, Pair):
        return value.to_dict()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
