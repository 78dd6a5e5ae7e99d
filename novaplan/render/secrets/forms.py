"""Secrets as objects that go with the manifests; none of them holds a value.

``placeholder`` and ``generate`` write Secrets without data: Kubernetes starts no container whose key is missing, so
there is no password that works by default. ``external-secrets`` writes what the External Secrets operator makes Secrets
of (https://external-secrets.io/latest/api/externalsecret/). ``sealed-secrets`` is in ``sealing``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from novaplan.importers.marks import KEYS as KEYS
from novaplan.quantity import format_milliseconds
from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.manifests import PREFIX, Manifest, manifest, without_absent
from novaplan.render.settings import SecretsForm

OPTIONAL_KEYS = PREFIX + "optional-keys"
"""Annotation of a Secret: JSON, the names of keys that the system can do without."""

_REFUSED_WITHOUT_VALUES = frozenset(
    {
        "kubernetes.io/tls",
        "kubernetes.io/dockercfg",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/basic-auth",
        "kubernetes.io/service-account-token",
    }
)
"""Types that the API server takes only with their values (https://kubernetes.io/docs/concepts/configuration/secret/):
whoever has those creates the Secret, or cert-manager does. An empty one would overwrite it on the next apply."""


def objects(context: Context, needs: Iterable[SecretNeed], form: SecretsForm) -> list[Manifest]:
    """The objects of every form but ``sealed-secrets``, in the order of ``needs``."""
    if form == "external-secrets":
        return [item for need in needs for item in _external(context, need)]
    return [placeholder(context, need) for need in needs if emitted(need)]


def emitted(need: SecretNeed) -> bool:
    """Whether the API server takes the Secret without its values."""
    return need.type not in _REFUSED_WITHOUT_VALUES


def placeholder(context: Context, need: SecretNeed) -> Manifest:
    """The Secret without data; annotations tell its keys."""
    return manifest(
        "v1",
        "Secret",
        need.name,
        namespace=need.namespace,
        labels=context.labels(need.name),
        annotations=_about(need),
        generated_for=need.generated_for,
        type=need.type,
    )


def _about(need: SecretNeed) -> dict[str, str]:
    notes = {KEYS: _json({key.name: key.purpose for key in need.keys})} if need.keys else {}
    optional = [key.name for key in need.keys if key.optional]
    return {**notes, OPTIONAL_KEYS: _json(optional)} if optional else notes


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _external(context: Context, need: SecretNeed) -> Iterator[Manifest]:
    """The operator makes a Secret only when the store has all its keys, so each optional one is asked for apart."""
    required = [key for key in need.keys if not key.optional]
    alone = required or need.keys
    yield _external_secret(context, need, need.name, alone, "Owner")
    if required:
        for number, key in enumerate((key for key in need.keys if key.optional), 1):
            yield _external_secret(context, need, f"{need.name}-optional-{number}", [key], "Merge")


def _external_secret(context: Context, need: SecretNeed, name: str, keys: Sequence[Key], policy: str) -> Manifest:
    store = context.settings.external_secrets
    remote = f"{context.settings.environment}/{context.system}/{need.name}"
    template = {"type": need.type} if policy == "Owner" else None
    data = [{"secretKey": key.name, "remoteRef": {"key": remote, "property": key.name}} for key in keys]
    return manifest(
        "external-secrets.io/v1",
        "ExternalSecret",
        name,
        namespace=need.namespace,
        labels=context.labels(need.name),
        annotations=_about(need),
        generated_for=need.generated_for,
        spec={
            "refreshInterval": format_milliseconds(store.refresh),
            "secretStoreRef": {"kind": store.store_kind, "name": store.store},
            "target": without_absent({"name": need.name, "creationPolicy": policy, "template": template}),
            "data": data or None,
        },
    )
