"""Which Secrets a rendered system needs in the cluster: those of the topology and those of its own servers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from novaplan.errors import InputError, Problem
from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.secrets.recipes import Users, recipe
from novaplan.topology import parts
from novaplan.topology.service import KeyRef
from novaplan.topology.wiring import Secret

TLS = "kubernetes.io/tls"
_TLS_KEYS = (Key("tls.crt", "certificate"), Key("tls.key", "private key"))


class SecretsError(InputError):
    """Secrets that contradict each other, or cannot be written as asked."""


def needs(context: Context, servers: Iterable[SecretNeed] = ()) -> tuple[SecretNeed, ...]:
    """Every Secret the system needs, by namespace and name; ``servers`` are what the rendered datastores need.

    Raises SecretsError where two parts want different values under one key.
    """
    found: dict[tuple[str, str], SecretNeed] = {}
    problems: list[Problem] = []
    for need in (*_stated(context), *servers, *_referenced(context), *_routed(context)):
        own = (need.namespace or "", need.name)
        known = found.get(own)
        found[own] = need if known is None else _merged(known, need, problems)
    if problems:
        raise SecretsError(problems)
    return tuple(need for _, need in sorted(found.items()))


def _merged(known: SecretNeed, other: SecretNeed, problems: list[Problem]) -> SecretNeed:
    """One Secret that both asked for. A key without a recipe takes the other's."""
    keys = {key.name: key for key in known.keys}
    for key in other.keys:
        mine = keys.get(key.name)
        if mine is None:
            keys[key.name] = key
        elif None not in (mine.recipe, key.recipe) and mine.recipe != key.recipe:
            message = f"the Secret {known.name} would hold two different values under the key {key.name}; rename one"
            problems.append(Problem(message, field="secrets"))
        else:
            either = mine.recipe if mine.recipe is not None else key.recipe
            keys[key.name] = replace(mine, recipe=either, optional=mine.optional and key.optional)
    # What the topology knows is its own, whoever else asks for it.
    both = known.generated_for if known.generated_for and other.generated_for else None
    return replace(known, keys=tuple(sorted(keys.values(), key=lambda key: key.name)), generated_for=both)


def _stated(context: Context) -> Iterator[SecretNeed]:
    users = Users(context)
    for secret in context.topology.secrets:
        namespace = secret.namespace or context.settings.namespace
        yield SecretNeed(secret.name, namespace, _keys(context, users, secret), secret.type)


def _keys(context: Context, users: Users, secret: Secret) -> tuple[Key, ...]:
    return tuple(
        Key(key.name, key.purpose, recipe(context, users, secret, key), key.optional or secret.optional)
        for key in secret.keys
    )


def _referenced(context: Context) -> Iterator[SecretNeed]:
    """Keys that a container takes a variable from, though the topology lists no such secret or key."""
    for service in context.topology.services:
        namespace, address = context.namespace(service), parts.address("service", service.name)
        for container in service.containers:
            yield from _of_variables((item.secret for item in container.env), namespace, address)
    for store in filter(context.runs, context.topology.datastores):
        address = parts.address("datastore", store.name)
        yield from _of_variables((item.secret for item in store.env), context.namespace(store), address)


def _of_variables(references: Iterable[KeyRef | None], namespace: str | None, address: str) -> Iterator[SecretNeed]:
    for reference in references:
        if reference is not None:
            key = Key(reference.key, optional=reference.optional)
            yield SecretNeed(reference.name, namespace, (key,), generated_for=address)


def _routed(context: Context) -> Iterator[SecretNeed]:
    """Certificates of routes: in the namespaces of the services that answer them, where an Ingress looks for them."""
    for route in context.topology.routes:
        name = route.tls_secret or context.settings.ingress.tls_secret
        if not route.tls or name is None:
            continue
        for backend in route.backends:
            namespace = context.namespace(context.topology.service[backend.service])
            yield SecretNeed(name, namespace, _TLS_KEYS, TLS, generated_for=parts.route_address(route))
