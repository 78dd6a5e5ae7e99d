"""Every route is served: its weights sum to 100 and each backend with a share runs, serves the path and has the port.

A backend serves a path when it did in current, when it is the heir of one that did, or when target says so. A route
that is called otherwise in target is there under the old address, the new one, or both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import cast

from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import runs
from novaplan.migration.world import View, World
from novaplan.topology.parts import address, kind_of
from novaplan.topology.service import Port
from novaplan.topology.wiring import Route


def obligations(world: World) -> Iterator[Obligation]:
    """One for each route, and one for each of current's about staying reachable."""
    servers = _servers(world)
    for own in world.universe.get("route", ()):
        yield Obligation(own, partial(_served, own=own, servers=frozenset(servers[own])))
    for own in world.universe.get("route", ()):
        heirs = [heir for heir in world.heirs.get(own, ()) if kind_of(heir) == "route"]
        if own in world.start and heirs:
            yield Obligation(f"{own} (reached)", partial(_reached, addresses=tuple(dict.fromkeys((own, *heirs)))))


def _servers(world: World) -> dict[str, set[str]]:
    """Who may serve each route."""
    found: dict[str, set[str]] = defaultdict(set)
    for side in (world.start, world.wanted):
        for own, part in side.items():
            if kind_of(own) != "route":
                continue
            names = {backend.service for backend in cast(Route, part).backends}
            if side is world.start:
                names |= {world.heir(name) for name in names}
                for heir in world.heirs.get(own, ()):
                    found[heir] |= names
            found[own] |= names
    return found


def _served(view: View, own: str, servers: frozenset[str]) -> Shortfall | None:
    route = view.part(own, Route)
    if route is None:
        return None
    total = sum(backend.weight for backend in route.backends)
    lost, why = abs(100 - total), [] if total == 100 else [f"its weights sum to {total}, not 100"]
    for backend in route.backends:
        if not backend.weight:
            continue
        reason = _refusal(view, backend.service, backend.port, servers)
        if reason:
            lost += backend.weight
            why.append(f"{backend.weight} % goes to {backend.service}, {reason}")
    remedy = "shift it only to a backend that is there and serves it"
    return Shortfall("; ".join(why), lost, remedy) if lost else None


def _refusal(view: View, service: str, port: str, servers: frozenset[str]) -> str:
    if service not in servers:
        return "which does not serve it on either side"
    if not runs(view, service):
        return "which does not run"
    if view.part(address("port", service, port), Port) is None:
        return f"which has no port {port}"
    return ""


def _reached(view: View, addresses: tuple[str, ...]) -> Shortfall | None:
    if any(view.has(own) for own in addresses):
        return None
    return Shortfall("nothing serves what it served", 100, "remove it after its successor is there")
