"""Who waits for whom before it starts: an order that can always be kept.

A service waits for what ``startup.wait_for`` names, and for those of its own dependencies that stand in a lower tier.
It never waits for what may be switched off, or for what answers no TCP connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter

from novaplan.topology.system import Topology


def waits(topology: Topology, answering: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """What each service waits for, those of the lowest tiers first; ``answering`` is what answers TCP connections.

    Nothing waits in a circle. The names under ``wait_for`` form none: a topology that has one does not load. A tier is
    only followed down to a component from which every further wait stays among components with tiers; those waits
    never lead up, and following a tier always leads down, so no path leads back to where it began.
    """
    tiers = {store.name: store.startup_tier for store in topology.datastores}
    tiers |= {service.name: service.startup.tier for service in topology.services}
    optional = {item.name for group in (topology.services, topology.datastores) for item in group if item.optional}
    stated = {
        service.name: {name for name in service.startup.wait_for if name in answering and name not in optional}
        for service in topology.services
    }
    settled = _settled(stated, tiers)
    found = {name: set(targets) for name, targets in stated.items()}
    for edge in topology.dependencies:
        own, other = tiers.get(edge.client), tiers.get(edge.server)
        if edge.client not in found or own is None or other is None or other >= own:
            continue
        if not edge.possible and not edge.optional and edge.server in answering - optional and edge.server in settled:
            found[edge.client].add(edge.server)
    return {
        name: tuple(sorted(targets, key=lambda target: (tiers[target] or 0, target)))
        for name, targets in found.items()
        if targets
    }


def _settled(stated: Mapping[str, set[str]], tiers: Mapping[str, int | None]) -> set[str]:
    """The components from which every wait that is stated, however far, stays among components with tiers."""
    settled: set[str] = set()
    for name in TopologicalSorter(stated).static_order():
        if tiers[name] is not None and stated.get(name, set()) <= settled:
            settled.add(name)
    return settled | {name for name, tier in tiers.items() if tier is not None and not stated.get(name)}
