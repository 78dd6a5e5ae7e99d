"""Facts that steps of several kinds wait for, worked out from current, target and the lineage alone, so that neither a
proposal nor a plan that somebody edited can leave one out."""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.migration.world import World
from novaplan.topology.parts import address, dependency_address, quote, route_address
from novaplan.topology.service import FeatureFlag
from novaplan.topology.wiring import Dependency, Route


def ready(world: World, new: str) -> tuple[str, ...]:
    """What makes a service that takes over from others fit for their work: it runs, and what is new in it is on."""
    return (f"deployed/{new}", *([f"flags/{new}"] if _has_flags_to_turn_on(world, new) else []))


def _has_flags_to_turn_on(world: World, new: str) -> bool:
    service = world.target.service.get(new)
    for flag in service.flags if service is not None else ():
        own = address("flag", new, flag.name)
        olds = [world.start.get(old) for old in world.came_from.get(own, ())]
        if flag.enabled and not any(isinstance(old, FeatureFlag) and old.enabled for old in olds):
            return True
    return False


def shifted(world: World, old: str) -> tuple[str, ...]:
    """That the traffic of an old service has moved to its heir, where it has routes and an heir."""
    new = world.heir(old)
    routed = any(backend.service == old for route in world.current.routes for backend in route.backends)
    return (f"shifted/{old}/{new}",) if routed and new != old and new in world.target.service else ()


def entered(world: World, name: str) -> tuple[str, ...]:
    """That nobody comes in through a service any more, where routes pass through it and it ends."""
    gateway = name not in world.target.service and any(route.via == name for route in world.current.routes)
    return (f"entry-moved/{name}",) if gateway else ()


def behind(world: World, gateway: str) -> tuple[str, ...]:
    """What has to be so before everybody comes in past an old gateway: its heir does what it did, the routes with new
    addresses are open, and the old services behind it, which it may have kept from the outside, have no traffic."""
    heir, found = world.heir(gateway), list[str]()
    if heir != gateway and heir in world.target.service:
        found += ready(world, heir)
    for route in world.current.routes:
        if route.via == gateway:
            found += _opened(world, route)
            found += [fact for backend in route.backends for fact in shifted(world, backend.service)]
    return tuple(dict.fromkeys(found))


def _opened(world: World, route: Route) -> Iterator[str]:
    for own in world.heirs.get(route_address(route), ()):
        new = world.wanted.get(own)
        if own not in world.start and isinstance(new, Route):
            yield f"opened/{new.backends[0].service}"


def baked(world: World) -> tuple[str, ...]:
    """That every service which takes over from others has carried everything for its bake time."""
    stay = world.target.service.keys()
    return tuple(f"baked/{new}" for new, olds in sorted(world.sources.items()) if not stay >= set(olds))


def handed_over(edge: Dependency) -> str:
    """That the messages of this consumption of target go to its client."""
    return "/".join(
        ("handed-over", *(quote(item) for item in (edge.client, edge.server, edge.topic, edge.group) if item))
    )


def handing_over(world: World, old: str) -> tuple[str, ...]:
    """That others have taken over what messages an old service took."""
    found = []
    for edge in world.current.dependencies:
        for own in world.heirs.get(dependency_address(edge), ()) if edge.client == old else ():
            new = world.wanted.get(own)
            if isinstance(new, Dependency) and is_consumption(world, new) and world.start.get(own) != new:
                found.append(handed_over(new))
    return tuple(dict.fromkeys(found))


def is_consumption(world: World, edge: Dependency) -> bool:
    """Whether a service of target takes messages over it; that is handed over by itself."""
    return edge.mode == "consumes" and edge.client in world.target.service and edge.server in world.target.datastore
