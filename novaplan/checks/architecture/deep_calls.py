"""A request passes through few services one after the other.

Every hop adds its latency and its failures: with four services in a row that are each up 99.9 % of the time, the
request succeeds 99.6 % of the time. Counted along the longest chain of calls, each service once; more than three hops
after the first service are told.
"""

from __future__ import annotations

from collections.abc import Iterator

import networkx

from novaplan.checks.found import Found
from novaplan.checks.reading import System

SEVERITY = "note"
MOST = 3


def topology(system: System) -> Iterator[Found]:
    """The longest chain of calls, where it is long."""
    services = system.topology.service
    calls: networkx.DiGraph[str] = networkx.DiGraph()
    for edge in system.topology.dependencies:
        if edge.mode == "calls" and not edge.possible and edge.client in services and edge.server in services:
            calls.add_edge(edge.client, edge.server)
    if not networkx.is_directed_acyclic_graph(calls):
        return  # call-cycle tells of it
    ordered: networkx.DiGraph[str] = networkx.DiGraph()
    ordered.add_nodes_from(sorted(calls))
    ordered.add_edges_from(sorted(calls.edges))
    chain = networkx.dag_longest_path(ordered)
    if len(chain) - 1 > MOST:
        yield Found(
            chain[0],
            f"a request passes {len(chain)} services one after the other: {' -> '.join(chain)}",
            "merge neighbours, or answer from data of its own",
        )
