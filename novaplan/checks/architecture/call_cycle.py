"""Services do not call each other in a circle.

In a circle no service can be started, deployed or tested before the others; a slow one slows all of them, and retries
go round. What calls in a circle is one thing in several processes, and that speaks for merging it.
Source: cyclic dependency, https://doi.org/10.1109/MS.2018.2141031
"""

from __future__ import annotations

from collections.abc import Iterator

import networkx

from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "warning"


def topology(system: System) -> Iterator[Found]:
    """Groups of services that reach each other by calls."""
    calls: networkx.DiGraph[str] = networkx.DiGraph()
    services = system.topology.service
    for edge in system.topology.dependencies:
        if edge.mode == "calls" and not edge.possible and edge.client in services and edge.server in services:
            calls.add_edge(edge.client, edge.server)
    for group in sorted(sorted(found) for found in networkx.strongly_connected_components(calls)):
        if len(group) > 1 or calls.has_edge(group[0], group[0]):
            told = f"calls {', '.join(group[1:])}, and they call it" if len(group) > 1 else "calls itself"
            yield Found(group[0], told, "turn one of the calls into an event, or merge them")
