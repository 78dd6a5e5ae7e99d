"""No route gets worse than on both sides: pods behind it, readiness checks, time-outs.

Each backend with a share has at its fewest as many pods as the smaller side, a readiness probe where both sides have
one, and a time-out no longer than the longer side's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from novaplan.capacity.pods import replicas
from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import whole
from novaplan.migration.world import View, World
from novaplan.topology.parts import kind_of
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Route


@dataclass(frozen=True, slots=True)
class Had:
    """What a route has where it is worse off, on current or on target."""

    pods: int
    ready: bool
    timeout: int | None


def obligations(world: World) -> Iterator[Obligation]:
    """One for each route that both sides have."""
    sources: dict[str, set[str]] = defaultdict(set)
    for own, heirs in world.heirs.items():
        for heir in (own, *heirs) if kind_of(own) == "route" else ():
            sources[heir].add(own)
    for own in world.universe.get("route", ()):
        olds = sorted(sources.get(own, ()))
        news = {heir for old in olds for heir in world.heirs[old] if heir in world.wanted}
        sides = [_had(world.current, (world.start[old] for old in olds)),
                 _had(world.target, (world.wanted[new] for new in sorted(news)))]  # fmt: skip
        if all(sides):
            pods = min(side.pods for side in sides if side)
            ready = all(side.ready for side in sides if side)
            times = [side.timeout for side in sides if side]
            timeout = None if None in times else max(time for time in times if time is not None)
            yield Obligation(own, partial(_worse, own=own, had=Had(pods, ready, timeout)))


def _had(side: Topology, routes: Iterable[object]) -> Had | None:
    """The worst of the backends of ``routes``."""
    names = {item.service for route in routes if isinstance(route, Route) for item in route.backends if item.weight}
    found = [side.service[name] for name in sorted(names)]
    if not found:
        return None
    times = [service.resilience.timeout for service in found]
    timeout = None if None in times else max(time for time in times if time is not None)
    return Had(min(map(_fewest, found)), all(map(_ready, found)), timeout)


def _fewest(service: Service) -> int:
    return min(service.replicas, replicas(service, "minimum"))


def _ready(service: Service) -> bool:
    return any(container.probes.readiness for container in service.containers if container.kind != "init")


def _worse(view: View, own: str, had: Had) -> Shortfall | None:
    route = view.part(own, Route)
    amount, why = 0, []
    for backend in route.backends if route is not None else ():
        service = whole(view, backend.service) if backend.weight else None
        if service is None:
            continue
        few, timeout = had.pods - _fewest(service), service.resilience.timeout
        if few > 0:
            amount += few
            why.append(f"{service.name} may run {_fewest(service)} pods, {had.pods} were there")
        if had.ready and not _ready(service):
            amount += 1
            why.append(f"{service.name} has no readiness probe")
        if had.timeout is not None and (timeout is None or timeout > had.timeout):
            amount += 1
            why.append(f"{service.name} may take longer than {had.timeout} ms")
    return (
        Shortfall("; ".join(why), amount, "scale and probe the new service as the old before it gets traffic")
        if why
        else None
    )
