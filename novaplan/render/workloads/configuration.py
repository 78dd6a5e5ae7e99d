"""The settings of a service as environment variables in a ConfigMap of its own, and the ConfigMaps that it names.

What stands in a variable of the container itself wins, as Kubernetes puts ``env`` before ``envFrom``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from novaplan.render.context import Context
from novaplan.render.datastores import client_config
from novaplan.render.manifests import Manifest
from novaplan.render.workloads import volumes
from novaplan.topology.service import CircuitBreaker, Retries, Service
from novaplan.topology.wiring import Dependency

_NOT_IN_NAMES = re.compile(r"[^A-Z0-9]+")

Entries = Iterator[tuple[str, int | str | None]]


def config_map(context: Context, service: Service) -> Manifest | None:
    """The ConfigMap of ``service``, None where it has no settings."""
    own = {variable.name for container in service.containers if container.kind == "main" for variable in container.env}
    data = {name: value for name, value in _data(context, service).items() if name not in own}
    if not data:
        return None
    taken = context.once(referenced).get(context.namespace(service), {})
    name = f"{service.name}-config"
    name = name if name not in taken else f"{service.name}-novaplan-config"
    return context.object("v1", "ConfigMap", name, service, generated=True, data=dict(sorted(data.items())))


def referenced(context: Context) -> dict[str | None, dict[str, dict[str, str]]]:
    """The ConfigMaps that variables come from, by namespace and name, with what is known of their contents."""
    found: dict[str | None, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for service in context.topology.services:
        maps = found[context.namespace(service)]
        for variable in (item for container in service.containers for item in container.env):
            if variable.config is not None and variable.secret is None and variable.value is not None:
                maps[variable.config.name].setdefault(variable.config.key, variable.value)
    return found


def referenced_maps(context: Context) -> list[Manifest]:
    """The ConfigMaps that variables come from, as objects."""
    return [
        context.plain_object("v1", "ConfigMap", name, namespace, data=dict(sorted(data.items())))
        for namespace, maps in context.once(referenced).items()
        for name, data in sorted(maps.items())
    ]


def variable_name(*words: str) -> str:
    """Words as the name of a variable: upper case, with underscores."""
    text = "_".join(_NOT_IN_NAMES.sub("_", word.upper()).strip("_") for word in words)
    text = text.strip("_") or "UNNAMED"
    return f"_{text}" if text[0].isdigit() else text


def _data(context: Context, service: Service) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in (*_behaviour(context, service), *_dependencies(context, service)):
        if value is not None:
            found.setdefault(name, str(value))
    own = context.namespace(service)
    for server in dict.fromkeys(edge.server for edge in context.edges_from.get(service.name, ())):
        store = context.topology.datastore.get(server)
        if store is not None and context.runs(store):
            for name, value in client_config(context, store, seen_from=own).items():
                found.setdefault(name, value)
    return found


def _behaviour(context: Context, service: Service) -> Entries:
    resilience = service.resilience
    yield "HTTP_TIMEOUT_MS", resilience.timeout
    yield "HTTP_CONNECT_TIMEOUT_MS", resilience.connect_timeout
    yield "HTTP_POOL_SIZE", resilience.connection_pool
    yield "HTTP_QUEUE_SIZE", resilience.queue
    yield from _failing(("HTTP",), resilience.retries, resilience.circuit_breaker)
    yield "SHUTDOWN_DRAIN_MS", service.termination.drain
    if service.processes > 1:
        yield "PROCESSES", service.processes
    for flag in service.flags:
        yield variable_name("feature", flag.name), "true" if flag.enabled else "false"
    for volume in service.volumes:
        yield variable_name("volume", volume.name), volumes.path(context, service, volume)


def _dependencies(context: Context, service: Service) -> Entries:
    seen: Counter[str] = Counter()
    for edge in context.edges_from.get(service.name, ()):
        words: tuple[str, ...] = (edge.server, *_part(edge))
        seen[variable_name(*words)] += 1
        if seen[variable_name(*words)] > 1:  # reads and writes apart, or two names that differ in their signs only
            words = (*words, str(seen[variable_name(*words)]))
        if edge.pool is not None:
            yield variable_name(*words, "pool-max"), edge.pool.max
            yield variable_name(*words, "pool-idle-timeout-ms"), edge.pool.idle_timeout
            yield variable_name(*words, "pool-max-lifetime-ms"), edge.pool.max_lifetime
            yield variable_name(*words, "pool-acquire-timeout-ms"), edge.pool.acquire_timeout
        yield variable_name(*words, "timeout-ms"), edge.timeout
        yield from _failing(words, edge.retries, edge.circuit_breaker)


def _part(edge: Dependency) -> tuple[str, ...]:
    """What of the server is used: a database, a logical DB, a topic."""
    if edge.logical_db is not None and edge.database is None:
        return (f"db{edge.logical_db}",)
    return tuple(part for part in (edge.database, edge.topic) if part is not None)[:1]


def _failing(words: tuple[str, ...], retries: Retries | None, breaker: CircuitBreaker | None) -> Entries:
    if retries is not None:
        yield variable_name(*words, "retry-max"), retries.max
        yield variable_name(*words, "retry-delay-ms"), retries.delay
    if breaker is not None:
        yield variable_name(*words, "circuit-breaker-failure-percent"), breaker.failure_percent
        yield variable_name(*words, "circuit-breaker-success-threshold"), breaker.success_threshold
        yield variable_name(*words, "circuit-breaker-open-ms"), breaker.open_for
