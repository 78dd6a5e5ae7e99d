"""The environment variables of a container, exactly as the topology states them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.manifests import without_absent
from novaplan.topology import parts
from novaplan.topology.service import Container, EnvVar, KeyRef, Service

_RESOURCE = re.compile(r"(requests|limits)\..+")


def variables(service: Service, container: Container) -> list[dict[str, Any]]:
    """The variables of ``container``. One whose value the topology does not hold is taken from a Secret."""
    return [_variable(service.name, variable) for variable in container.env]


def hidden(context: Context) -> Iterator[SecretNeed]:
    """The Secrets with the values that the topology leaves out."""
    for service in context.topology.services:
        names = sorted({item.name for one in service.containers for item in one.env if is_hidden(item)})
        if names:
            keys = tuple(Key(name, f"value of the variable {name}") for name in names)
            address = parts.address("service", service.name)
            yield SecretNeed(hidden_secret(service.name), context.namespace(service), keys, generated_for=address)


def hidden_secret(service: str) -> str:
    """The Secret with the values of a service's variables that the topology leaves out."""
    return f"{service}-values"


def is_hidden(variable: EnvVar) -> bool:
    """Whether the topology says neither the value nor where it comes from."""
    return (variable.value, variable.secret, variable.config, variable.field) == (None, None, None, None)


def _variable(service: str, variable: EnvVar) -> dict[str, Any]:
    if variable.secret is not None:
        return _from("secretKeyRef", variable.name, variable.secret)
    if variable.config is not None:
        return _from("configMapKeyRef", variable.name, variable.config)
    if variable.field is not None:
        if _RESOURCE.fullmatch(variable.field):
            return {"name": variable.name, "valueFrom": {"resourceFieldRef": {"resource": variable.field}}}
        return {"name": variable.name, "valueFrom": {"fieldRef": {"fieldPath": variable.field}}}
    if variable.value is None:
        return _from("secretKeyRef", variable.name, KeyRef(name=hidden_secret(service), key=variable.name))
    return {"name": variable.name, "value": variable.value}


def _from(kind: str, name: str, reference: KeyRef) -> dict[str, Any]:
    key = without_absent({"name": reference.name, "key": reference.key, "optional": reference.optional or None})
    return {"name": name, "valueFrom": {kind: key}}
