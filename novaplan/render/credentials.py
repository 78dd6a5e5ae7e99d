"""Which secrets a rendered system needs: names, keys, and how each value would be made, but never a value.

A ``Key.recipe`` is text in which ``{name}`` stands for a password of that name: the same name is the same password
wherever it stands, so a role's password and the URL that a service logs in with agree. A key without a recipe holds
what only a person can supply.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a Secret."""

    name: str
    purpose: str = ""
    recipe: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class SecretNeed:
    """One Secret that the system needs in the cluster."""

    name: str
    namespace: str | None
    keys: tuple[Key, ...]
    type: str = "Opaque"
    generated_for: str | None = None
    """The part that needs it, where the topology itself knows no such secret: a server's own passwords."""


def server_secret(datastore: str) -> str:
    """The name of the Secret with a server's own passwords; keys as ``datastores`` names them."""
    return f"{datastore}-credentials"


def server_password(datastore: str, whose: str = "server") -> str:
    """The name of a password of a server: of Redis itself, or of a PostgreSQL role."""
    return f"{datastore}/{whose}"
