"""What a sweep measures of each scenario: a registry, so that a new measure is one function with a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING

from novaplan.capacity.connections import connections
from novaplan.capacity.cost import money, total_of
from novaplan.capacity.prices import Prices
from novaplan.capacity.scaling import LoadPlan
from novaplan.capacity.totals import FIGURES, Amounts, Component, Totals, datastore_components, service_component
from novaplan.errors import InputError, UnknownNameError, nearest
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

if TYPE_CHECKING:
    from novaplan.capacity.nodes import Kind

Number = float | int | None


@dataclass(frozen=True)
class Scenario:
    """One combination of values, applied."""

    topology: Topology
    """With the replicas that the load makes, where a load model is given."""
    prices: Prices | None = None
    plan: LoadPlan | None = None
    """What the load makes of the topology; None without a load model."""

    kind: Kind | None = None
    """The kind of all nodes, where ``nodes.kind`` varies."""
    known: KnownParts = field(default_factory=dict)

    @cached_property
    def totals(self) -> Totals:
        """What the topology takes, computed once for all measures."""
        return totals_of(self.topology, self.known)


KnownParts = Mapping[int, tuple[Service | Datastore, tuple[Component, ...]]]
"""Services and datastores by ``id``, with what they take; each is held, so that no other part can get its ``id``."""


def known_parts(topology: Topology) -> KnownParts:
    """What every part of ``topology`` takes. Scenarios share all the parts that do not vary."""
    return {id(part): (part, _components(part)) for part in _parts(topology)}


def totals_of(topology: Topology, known: KnownParts) -> Totals:
    """The totals of ``topology``, without computing again what is ``known``."""
    components: list[Component] = []
    for part in _parts(topology):
        found = known.get(id(part))
        components += found[1] if found is not None else _components(part)
    total = reduce(Amounts.__add__, (component.amounts for component in components), Amounts())
    unknown = tuple(item.name for item in components if any("request" in name for name in item.unstated))
    return Totals(topology.name, tuple(components), total, unknown)


def _parts(topology: Topology) -> tuple[Service | Datastore, ...]:
    return (*topology.services, *topology.datastores)


def _components(part: Service | Datastore) -> tuple[Component, ...]:
    return (service_component(part),) if isinstance(part, Service) else tuple(datastore_components(part))


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that can be told of every scenario."""

    name: str
    unit: str
    """As an axis says it: ``pods``, ``seconds``; empty for a plain number."""
    of: Callable[[Scenario], Number]
    needs: tuple[str, ...] = ()
    """What there must be for it, of the arguments of ``sweep`` and the parameters: ``prices``, ``load_model``,
    ``nodes.kind``."""


MEASURES: dict[str, Measure] = {}
"""Every measure by name; ``measure`` adds one."""


def measure(
    name: str, unit: str = "", needs: Iterable[str] = ()
) -> Callable[[Callable[[Scenario], Number]], Callable[[Scenario], Number]]:
    """Register the decorated function of a scenario as the measure ``name``."""

    def register(function: Callable[[Scenario], Number]) -> Callable[[Scenario], Number]:
        MEASURES[name] = Measure(name, unit, function, tuple(needs))
        return function

    return register


@dataclass(frozen=True, slots=True)
class _OfTotals:
    figure: str

    def __call__(self, scenario: Scenario) -> Number:
        value: int = getattr(scenario.totals.total, self.figure)
        return value


@dataclass(frozen=True, slots=True)
class _OfTopology:
    function: Callable[[Topology], Number]

    def __call__(self, scenario: Scenario) -> Number:
        return self.function(scenario.topology)


for _figure in FIGURES:
    measure(_figure, _figure.rpartition("_")[2])(_OfTotals(_figure))


@measure("cost_per_month", "currency", needs=("prices",))
def _cost(scenario: Scenario) -> Number:
    """The total, rounded to 0.01 of the currency, as a float: for plots and comparisons, not for invoices."""
    return None if scenario.prices is None else float(money(total_of(scenario.totals.total, scenario.prices)))


@measure("replicas", "pods")
def _replicas(scenario: Scenario) -> Number:
    return sum(service.replicas for service in scenario.topology.services)


@measure("pooled_connections", "connections")
def _pooled(scenario: Scenario) -> Number:
    """What the pools of all clients may open together: pool x processes x replicas, of every edge that is sure."""
    clients = {service.name: service.replicas * service.processes for service in scenario.topology.services}
    edges = (edge for edge in scenario.topology.dependencies if edge.pool is not None and not edge.possible)
    return sum(edge.pool.max * clients.get(edge.client, 1) for edge in edges if edge.pool is not None)


@measure("missing_connections", "connections")
def _missing(scenario: Scenario) -> Number:
    """Connections that the worst server lacks with the pods there are; what is not known does not count."""
    return max((server.missing("current") for server in connections(scenario.topology)), default=0)


@measure("missing_connections_in_rollout", "connections")
def _missing_in_rollout(scenario: Scenario) -> Number:
    """The same while every client is rolled out at the upper bound of its autoscaling."""
    return max((server.missing("rolling_update") for server in connections(scenario.topology)), default=0)


@measure("short_replicas", "pods", needs=("load_model",))
def _short(scenario: Scenario) -> Number:
    """Replicas that the load needs and the autoscalers' bounds, or fixed counts, do not allow."""
    return None if scenario.plan is None else sum(item.short for item in scenario.plan.services)


@measure("worst_utilisation", "share of the CPU request", needs=("load_model",))
def _utilisation(scenario: Scenario) -> Number:
    return None if scenario.plan is None else max(item.utilisation for item in scenario.plan.services)


@measure("worst_latency_seconds", "seconds", needs=("load_model",))
def _latency(scenario: Scenario) -> Number:
    """The longest of the latencies at the percentiles that the load model states; infinite where a line never ends."""
    if scenario.plan is None:
        return None
    return max((item.latency for item in scenario.plan.services if item.latency is not None), default=None)


@measure("broken_latency_limits", "services", needs=("load_model",))
def _broken(scenario: Scenario) -> Number:
    """Services whose latency at the peak is above the limit that the load model states."""
    if scenario.plan is None:
        return None
    pairs = ((item.latency, item.latency_limit) for item in scenario.plan.services)
    return sum(latency > limit for latency, limit in pairs if latency is not None and limit is not None)


@measure("nodes_at_least", "nodes", needs=("nodes.kind",))
def _nodes(scenario: Scenario) -> Number:
    """Nodes of the kind without which the requests, or the pods, cannot fit: a bound, no placement."""
    return None if scenario.kind is None else _node_bound(scenario.totals.total, scenario.kind)


@measure("node_cost_at_least_per_month", "currency of the nodes", needs=("nodes.kind",))
def _node_cost(scenario: Scenario) -> Number:
    """Those nodes at their price; None where the kind has none."""
    kind = scenario.kind
    if kind is None or kind.price_per_month is None:
        return None
    return _node_bound(scenario.totals.total, kind) * kind.price_per_month / 100


def _node_bound(total: Amounts, kind: Kind) -> int:
    # Whole numbers: -(-a // b) rounds up exactly.
    return max(
        -(-total.cpu_request_millicores // kind.cpu),
        -(-total.memory_request_bytes // kind.memory),
        -(-total.pods // kind.pods),
    )


def chosen(
    wanted: Iterable[str | Measure | Callable[[Topology], Number]] | Mapping[str, Callable[[Topology], Number]],
) -> tuple[Measure, ...]:
    """The measures that ``wanted`` means: names, measures, functions of a topology, or such functions by name.

    Raises ``UnknownNameError``, with the nearest name, for an unknown one, and ``InputError`` for a function without a
    name, a name that is given twice, or no measure at all.
    """
    if isinstance(wanted, str):
        wanted = (wanted,)
    if isinstance(wanted, Mapping):
        found = [Measure(name, "", _OfTopology(function)) for name, function in wanted.items()]
    else:
        found = [_measure(item) for item in wanted]
    names = [item.name for item in found]
    if not names:
        raise InputError(f"nothing is measured; known measures: {', '.join(MEASURES)}")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name!r} is measured twice; keep one")
    return tuple(found)


def _measure(item: object) -> Measure:
    if isinstance(item, Measure):
        return item
    if isinstance(item, str):
        if item not in MEASURES:
            hint = nearest(item, MEASURES) or f"; known: {', '.join(MEASURES)}"
            raise UnknownNameError(f"there is no measure {item!r}{hint}")
        return MEASURES[item]
    name = getattr(item, "__name__", "<lambda>")
    if not callable(item) or name == "<lambda>":
        raise InputError("a function without a name needs one: measures={'name': function}")
    return Measure(name, "", _OfTopology(item))
