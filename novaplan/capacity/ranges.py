"""What a topology takes at each number of pods: at the lower bounds of its autoscaling, as stated, at the upper bounds;
and with or without the components that the system is complete without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

from novaplan.capacity.pods import Count, replicas
from novaplan.capacity.totals import Amounts, Component, Totals, datastore_components, service_component, totals_of
from novaplan.topology import base
from novaplan.topology.system import Topology

COUNTS: tuple[Count, ...] = get_args(Count)
"""``minimum``, ``current``, ``maximum``: from few pods to many."""


@dataclass(frozen=True)
class Ranges:
    """The totals of one topology at each of ``COUNTS``; the components are the same ones in the same order."""

    topology: str
    at: dict[Count, Totals]

    def total(self, count: Count = "current", *, optional: bool = True) -> Amounts:
        """What everything takes, with or without the optional components."""
        found = self.at[count]
        return found.total if optional else found.required

    def without_optional(self) -> Ranges:
        """The same without the optional components."""
        kept = {
            count: totals_of(found.topology, tuple(item for item in found.components if not item.optional))
            for count, found in self.at.items()
        }
        return replace(self, at=kept)

    def to_dict(self, count: Count = "current") -> dict[str, Any]:
        """JSON-ready: the figures at ``count``, then under ``at`` those at each count, for each component and in all;
        ``range`` says what all take with the optional components and without them."""
        components = []
        for number, component in enumerate(self.at[count].components):
            at = {name: found.components[number].amounts.to_dict() for name, found in self.at.items()}
            components.append({**component.to_dict(), "at": at})
        whole = self.at[count].to_dict()
        both = {"with_optional": True, "without_optional": False}
        spread = {
            name: {key: self.total(name, optional=optional).to_dict() for key, optional in both.items()}
            for name in self.at
        }
        return {**whole, "components": components, "range": spread}


def totals_at(topology: Topology, count: Count = "current", *, optional: bool = True) -> Totals:
    """What ``topology`` takes when its services are scaled as ``count`` says, with or without what is optional."""
    components: list[Component] = []
    for service in topology.services:
        number = replicas(service, count)
        same = number == service.replicas
        components.append(service_component(service if same else base.replace(service, replicas=number)))
    for store in topology.datastores:
        components += datastore_components(store)
    return totals_of(topology.name, tuple(item for item in components if optional or not item.optional))


def ranges(topology: Topology) -> Ranges:
    """What ``topology`` takes at each count."""
    return Ranges(topology.name, {count: totals_at(topology, count) for count in COUNTS})
