"""Who runs, who is used and who belongs to whom in one state: words that several invariants share.

A service *runs* while it is there with replicas. It is *active* while it runs and something reaches it: a route with a
share of the traffic, a call, a message. A new service whose routes all weigh nothing is not, however many connections
it holds. What nothing reaches on either side, such as a job, works by itself and is active whenever it runs.

A *family* is a service of target with the services of current that became it: they do the same work on the same data,
so two of one family count as one where nobody else may be.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from novaplan.migration.world import View, World
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address, kind_of, label_of
from novaplan.topology.service import Container, Port, Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novaplan.migration.step import Step
    from novaplan.topology.wiring import Dependency


@lru_cache(maxsize=20_000)
def _service_address(name: str) -> str:
    return address("service", name)


@lru_cache(maxsize=20_000)
def _store_address(name: str) -> str:
    return address("datastore", name)


def service(view: View, name: str, *fields: str) -> Service | None:
    """The service called ``name``, without what stands in it; only ``fields`` of it will be looked at, if any are
    named."""
    own = _service_address(name)
    return view.some(own, Service, *fields) if fields else view.part(own, Service)


def whole(view: View, name: str) -> Service | None:
    """The service called ``name`` with its containers (without their variables) and ports."""
    found = service(view, name)
    if found is None:
        return None
    own = address("service", name)
    return replace(found, containers=tuple(view.children(own, Container)), ports=tuple(view.children(own, Port)))


def store(view: View, name: str, *fields: str) -> Datastore | None:
    """The datastore called ``name``, as ``service`` gives a service."""
    own = _store_address(name)
    return view.some(own, Datastore, *fields) if fields else view.part(own, Datastore)


def runs(view: View, name: str) -> bool:
    """Whether the service has pods, or the datastore is there."""
    found = service(view, name, "replicas")
    if found is not None:
        return found.replicas > 0
    return view.has(_store_address(name))


def active(view: View, name: str) -> bool:
    """Whether the service, or datastore, runs and does work.

    A caller that current has counts as soon as it runs; a new one only with traffic of its own from a route or a topic,
    so that two new services which call each other are not taken for used.
    """
    if not runs(view, name):
        return False
    if name not in view.world.driven:
        return True
    if _fed(view, name):
        return True
    callers = [edge.client for edge in view.dependencies_to(name) if edge.mode == "calls" and not edge.possible]
    return any(runs(view, caller) and (_is_old(view, caller) or _fed(view, caller)) for caller in callers)


def _fed(view: View, name: str) -> bool:
    """Whether a route or a topic reaches it."""
    if any(item.service == name and item.weight for route in view.routes_to(name) for item in route.backends):
        return True
    return any(edge.mode == "consumes" and not edge.possible for edge in view.dependencies_of(name))


def _is_old(view: View, name: str) -> bool:
    return address("service", name) in view.world.start or address("datastore", name) in view.world.start


def family(world: World, name: str) -> tuple[str, ...]:
    """The service with everybody of its family, in order."""
    heir = world.heir(name)
    return tuple(dict.fromkeys(sorted({*world.sources.get(heir, ()), heir, name})))


def families(world: World, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """``names`` by the service that they become."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        found.setdefault(world.heir(name), []).append(name)
    return {heir: tuple(found[heir]) for heir in sorted(found)}


def sure(edges: Iterable[Dependency]) -> list[Dependency]:
    """Those of ``edges`` that are more than possible."""
    return [edge for edge in edges if not edge.possible]


def owners(world: World, own: str) -> tuple[str, ...]:
    """The service or datastore that a part belongs to, or the client that is given another store or topic; none for
    anything else. Who calls is not changed when a name leads elsewhere."""
    if kind_of(own) == "dependency":
        edges = cast("list[Dependency]", world.values(own))
        return tuple(dict.fromkeys(edge.client for edge in edges if edge.mode != "calls"))
    return (label_of(own).partition("/")[0],) if kind_of(own) in _INSIDE else ()


def concerned(world: World, step: Step) -> set[str]:
    """Services of target that a step has to do with: it changes them, what they came from, or a store these use."""
    changed = {name for edit in step.edits for name in owners(world, edit.address)}
    clients = {edge.client for edge in world.current.dependencies if edge.server in changed and edge.mode != "calls"}
    return set(map(world.heir, changed | clients))


_OF_SERVICES = ("service", "container", "env", "port", "flag", "volume")
_OF_STORES = ("datastore", "database", "schema", "logical-db", "topic", "consumer-group")
_INSIDE = frozenset((*_OF_SERVICES, *_OF_STORES))
