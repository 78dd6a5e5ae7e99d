"""The environment variables of a container, exactly as the topology states them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from novaplan.render.context import Context, address_of
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.manifests import without_absent
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Container, EnvVar, KeyRef, Service

_RESOURCE = re.compile(r"(requests|limits)\..+")


def variables(service: Service, container: Container) -> list[dict[str, Any]]:
    """The variables of ``container``. One whose value the topology does not hold is taken from a Secret."""
    return [variable(service.name, item) for item in container.env]


def hidden(context: Context) -> Iterator[SecretNeed]:
    """The Secrets with the values that the topology leaves out."""
    found: list[tuple[Service | Datastore, list[EnvVar]]]
    found = [(item, [one for each in item.containers for one in each.env]) for item in context.topology.services]
    found += [(item, list(item.env)) for item in context.topology.datastores if context.runs(item)]
    for component, stated in found:
        names = sorted({item.name for item in stated if is_hidden(item)})
        if names:
            keys = tuple(Key(name, f"value of the variable {name}") for name in names)
            own = hidden_secret(component.name)
            yield SecretNeed(own, context.namespace(component), keys, generated_for=address_of(component))


def hidden_secret(component: str) -> str:
    """The Secret with the values of a component's variables that the topology leaves out."""
    return f"{component}-values"


def is_hidden(variable: EnvVar) -> bool:
    """Whether the topology says neither the value nor where it comes from."""
    return (variable.value, variable.secret, variable.config, variable.field) == (None, None, None, None)


def variable(owner: str, item: EnvVar) -> dict[str, Any]:
    """One variable of a container of ``owner``."""
    if item.secret is not None:
        return _from("secretKeyRef", item.name, item.secret)
    if item.config is not None:
        return _from("configMapKeyRef", item.name, item.config)
    if item.field is not None:
        if _RESOURCE.fullmatch(item.field):
            return {"name": item.name, "valueFrom": {"resourceFieldRef": {"resource": item.field}}}
        return {"name": item.name, "valueFrom": {"fieldRef": {"fieldPath": item.field}}}
    if item.value is None:
        return _from("secretKeyRef", item.name, KeyRef(name=hidden_secret(owner), key=item.name))
    return {"name": item.name, "value": item.value}


def _from(kind: str, name: str, reference: KeyRef) -> dict[str, Any]:
    key = without_absent({"name": reference.name, "key": reference.key, "optional": reference.optional or None})
    return {"name": name, "valueFrom": {kind: key}}
