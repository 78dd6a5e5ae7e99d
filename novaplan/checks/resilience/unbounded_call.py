"""A call gives up after some time, and does not break what it calls by trying again.

A call without a timeout waits for ever for a server that hangs, and each request that waits holds a connection and its
memory until none is left. Retries multiply along a chain: three services that each try three times more send 64
requests for one. A caller that waits less long than what it calls may take gives up on answers that would have come.
Asked of topologies that state timeouts or retries at all.
Source: https://sre.google/sre-book/addressing-cascading-failures/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import networkx

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.topology.service import Retries
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

SEVERITY = "warning"
MOST_ATTEMPTS = 27
"""Requests that one may become along a chain."""


def topology(system: System) -> Iterator[Found]:
    """Calls between services."""
    known = system.topology
    calls: dict[str, list[Dependency]] = defaultdict(list)
    for edge in known.dependencies:
        if edge.mode == "calls" and edge.client in known.service and edge.server in known.service and not edge.possible:
            calls[edge.client].append(edge)
    if not any(_timeout(known, edge) or _retries(known, edge) for edges in calls.values() for edge in edges):
        return
    chains = _attempts(known, calls)
    for client, edges in sorted(calls.items()):
        for edge in edges:
            yield from _call(known, edge, calls)
        attempts, chain = chains[client]
        if attempts > MOST_ATTEMPTS:
            message = f"one request becomes up to {attempts} along {' -> '.join(chain)}, as each hop tries again"
            yield Found(client, message, "let only the outermost caller try again")


def _call(known: Topology, edge: Dependency, calls: dict[str, list[Dependency]]) -> Iterator[Found]:
    timeout = _timeout(known, edge)
    if timeout is None:
        yield Found(edge.client, f"calls {edge.server} without a timeout", "state one: resilience.timeout")
        return
    inner = max((_timeout(known, item) or 0 for item in calls.get(edge.server, ())), default=0)
    if inner > timeout:
        yield Found(
            edge.client,
            f"waits {timeout / 1000:g} s for {edge.server}, which itself waits up to {inner / 1000:g} s",
            "let timeouts shrink inward",
        )
    retries = _retries(known, edge)
    if retries is not None and retries.max and retries.delay == 0:
        yield Found(edge.client, f"tries {edge.server} again at once", "wait between attempts, longer each time")


def _timeout(known: Topology, edge: Dependency) -> int | None:
    return edge.timeout if edge.timeout is not None else known.service[edge.client].resilience.timeout


def _retries(known: Topology, edge: Dependency) -> Retries | None:
    return edge.retries if edge.retries is not None else known.service[edge.client].resilience.retries


def _attempts(known: Topology, calls: dict[str, list[Dependency]]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """The most requests that one may become from each service on, and along which services. A call inside a circle
    ends the chain: circles are a finding of their own, and the longest way through one takes ages to find."""
    circles = networkx.condensation(
        networkx.DiGraph((edge.client, edge.server) for own in calls.values() for edge in own)
    )
    best: dict[str, tuple[int, tuple[str, ...]]] = {}
    for number in reversed(list(networkx.topological_sort(circles))):
        circle = circles.nodes[number]["members"]
        for client in circle:
            found: list[tuple[int, tuple[str, ...]]] = [(1, (client,))]
            for edge in calls.get(client, ()):
                retries = _retries(known, edge)
                further, chain = best[edge.server] if edge.server not in circle else (1, (edge.server,))
                found.append(((1 + (retries.max if retries else 0)) * further, (client, *chain)))
            best[client] = max(found)
    return best
