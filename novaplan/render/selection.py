"""The topology without the optional components that are switched off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from novaplan.errors import InputError, Problem, nearest
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Route


def without(topology: Topology, names: Collection[str]) -> Topology:
    """``topology`` without the components called ``names``, and without what leads to them: dependencies, routes,
    waits, the secrets that nobody else uses. What they own stays, without an owner here; ``Context.whole`` knows whose.

    Raises InputError for a name that is not there, or not optional.
    """
    if not names:
        return topology
    _require_optional(topology, names)
    kept: Callable[[str], bool] = lambda name: name not in names  # noqa: E731
    services = tuple(_service(item, kept) for item in topology.services if kept(item.name))
    stores = tuple(_datastore(item, kept) for item in topology.datastores if kept(item.name))
    gone = {name for item in topology.services if not kept(item.name) for name in _secrets_of(item)}
    used = {name for item in services for name in _secrets_of(item)}
    return replace(
        topology,
        services=services,
        datastores=stores,
        externals=tuple(item for item in topology.externals if kept(item.name)),
        dependencies=tuple(edge for edge in topology.dependencies if kept(edge.client) and kept(edge.server)),
        routes=tuple(left for route in topology.routes if (left := _route(route, kept)) is not None),
        secrets=tuple(secret for secret in topology.secrets if secret.name not in gone - used),
    )


def _require_optional(topology: Topology, names: Collection[str]) -> None:
    known = topology.service | topology.datastore | topology.external
    problems = [
        Problem(f"there is no component {name!r}{nearest(name, known)}", field="disabled")
        if name not in known
        else Problem(f"{name} is not optional: the system is not complete without it", field="disabled")
        for name in sorted(names)
        if name not in known or not known[name].optional
    ]
    if problems:
        raise InputError(problems)


def _service(service: Service, kept: Callable[[str], bool]) -> Service:
    waits = tuple(filter(kept, service.startup.wait_for))
    if waits == service.startup.wait_for:
        return service
    return replace(service, startup=replace(service.startup, wait_for=waits))


def _datastore(store: Datastore, kept: Callable[[str], bool]) -> Datastore:
    databases = tuple(
        replace(
            item,
            owner=_owner(item.owner, kept),
            schemas=tuple(replace(one, owner=_owner(one.owner, kept)) for one in item.schemas),
        )
        for item in store.databases
    )
    logical = tuple(replace(item, owners=tuple(filter(kept, item.owners))) for item in store.logical_dbs)
    return replace(store, databases=databases, logical_dbs=logical)


def _owner(owner: str | None, kept: Callable[[str], bool]) -> str | None:
    return owner if owner is not None and kept(owner) else None


def _route(route: Route, kept: Callable[[str], bool]) -> Route | None:
    """The route to the backends that are left, which share what the others had."""
    if route.via is not None and not kept(route.via):
        return None
    left = [backend for backend in route.backends if kept(backend.service)]
    if len(left) == len(route.backends) or not left:
        return route if left else None
    weighed = sum(backend.weight for backend in left)
    shares = [100 * backend.weight // weighed if weighed else 0 for backend in left]
    shares[0] += 100 - sum(shares)
    return replace(route, backends=tuple(replace(one, weight=share) for one, share in zip(left, shares, strict=True)))


def _secrets_of(service: Service) -> Iterator[str]:
    for container in service.containers:
        for variable in container.env:
            if variable.secret is not None:
                yield variable.secret.name
