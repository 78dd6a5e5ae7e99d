"""The system as one environment has it: other replicas, images, hosts, classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Final

from novaplan.errors import Problem, UnknownNameError, nearest
from novaplan.render.context import Context
from novaplan.render.settings import Environment
from novaplan.topology.base import replace
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

DEVELOPMENT: Final = "development"
"""The environment with one pod of everything, where the settings describe none."""


def environments(context: Context) -> tuple[Environment, ...]:
    """Those that the settings describe; else the one they name, which changes nothing, and ``development`` with one
    replica of each service."""
    settings = context.settings
    if settings.environments:
        return settings.environments
    single = {service.name: 1 for service in context.topology.services if service.replicas > 1}
    found = (Environment(name=settings.environment), Environment(name=DEVELOPMENT, replicas=single))
    return found[: 1 if settings.environment == DEVELOPMENT else 2]


def context_without(context: Context) -> Context:
    """The system as no environment changes it."""
    return dataclasses.replace(context, settings=replace(context.settings, environments=()))


def context_for(context: Context, environment: Environment) -> Context:
    """The system in ``environment``. Raises UnknownNameError where the environment names what the system has not."""
    topology = context.topology
    _check(topology, environment)
    settings = replace(context.settings, environment=environment.name, environments=(environment,))
    hosts = environment.hosts
    routes = tuple(
        replace(route, host=hosts[route.host]) if route.host in hosts else route for route in topology.routes
    )
    topology = replace(_scaled_all(topology, environment), routes=routes)
    whole = context.whole and _scaled_all(context.whole, environment)
    return dataclasses.replace(context, topology=topology, settings=settings, whole=whole)


def _scaled_all(topology: Topology, environment: Environment) -> Topology:
    services = tuple(_scaled(service, environment.replicas.get(service.name)) for service in topology.services)
    return replace(topology, services=services)


def _scaled(service: Service, replicas: int | None) -> Service:
    """``service`` with so many replicas: of an autoscaler the least, of a budget no more than lets one pod go."""
    if replicas is None:
        return service
    scaling, budget = service.autoscaling, service.disruption_budget
    if scaling is not None and replicas:
        scaling = replace(scaling, min=replicas, max=max(replicas, scaling.max))
    if budget is not None and isinstance(budget.min_available, int) and replicas:
        budget = replace(budget, min_available=min(budget.min_available, replicas - 1))
    return replace(service, replicas=replicas, autoscaling=scaling, disruption_budget=budget)


def _check(topology: Topology, environment: Environment) -> None:
    services = {service.name for service in topology.services}
    containers = {f"{service.name}/{item.name}" for service in topology.services for item in service.containers}
    components = services | containers | {store.name for store in topology.datastores}
    hosts = {route.host for route in topology.routes if route.host is not None}
    problems = [
        *_unknown(environment, "replicas", environment.replicas, services, "service"),
        *_unknown(environment, "images", environment.images, components, "service, container or datastore"),
        *_unknown(environment, "hosts", environment.hosts, hosts, "host of a route"),
    ]
    if problems:
        raise UnknownNameError(problems)


def _unknown(
    environment: Environment, field: str, named: Mapping[str, object], known: Iterable[str], what: str
) -> list[Problem]:
    return [
        Problem(f"there is no {what} {name!r}{nearest(name, known)}", field=f"environments.{environment.name}.{field}")
        for name in sorted(set(named) - set(known))
    ]
