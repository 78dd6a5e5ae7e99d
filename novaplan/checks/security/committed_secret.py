"""Credentials are kept outside the tree.

Whoever may read the repository, or any copy of it, can log in; and a credential stays in the history after it was
removed. Placeholders are told by placeholder-secret. Values are looked at and never told.
Source: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.credentials import is_credential, is_guessed, values_of
from novaplan.checks.found import Found
from novaplan.importers.draft import Draft, Where

SEVERITY = "warning"
_REMEDY = "take it out of the tree and change it; use a sealed secret, an external one, or fill it by hand"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Secrets that hold credentials."""
    for secret in (item for item in cluster.written if item.kind == "Secret"):
        found = [value for value in values_of(secret) if is_credential(value.key, value.text) or _is_key(value.text)]
        kept = [value for value in found if not is_guessed(value.key, value.text)]
        if kept:
            names = ", ".join(value.key for value in kept)
            yield Found(label(secret), f"holds credentials in plain sight: {names}", _REMEDY, kept[0].where)


def workloads(draft: Draft) -> Iterator[Found]:
    """Variables of containers that are written out; a place that several share is told once."""
    seen: set[Where] = set()
    for workload in draft.workloads:
        found = [
            item
            for container in workload.containers
            for item in container.settings
            if item.source == "env"
            and item.secret is None
            and is_credential(item.name, item.text or "")
            and not is_guessed(item.name, item.text or "")
            and item.where not in seen
        ]
        seen.update(item.where for item in found)
        if found:
            names = ", ".join(dict.fromkeys(item.name for item in found))
            yield Found(workload.name, f"holds credentials in plain sight: {names}", _REMEDY, found[0].where)


def _is_key(text: str) -> bool:
    return "PRIVATE KEY-----" in text
