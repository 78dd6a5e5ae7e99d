"""No credential is a placeholder, or a default that everybody knows.

A placeholder that nobody replaced is either a password that anybody can look up, or a value that is none (a key that is
no key), with which the service fails at its first use of it. Compose files are mostly for machines of
developers: there it is a warning. Values are looked at and never told.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.credentials import is_credential, is_guessed, values_of
from novaplan.checks.found import Found
from novaplan.importers.draft import Draft

SEVERITY = "error"
_REMEDY = "put a value of its own in its place, outside the tree"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Keys of Secrets; of variables that are written out credential-in-config tells."""
    for secret in (item for item in cluster.written if item.kind == "Secret"):
        if secret.value.get("type") == "kubernetes.io/tls":
            continue  # invalid-certificate tells of it
        for value in values_of(secret):
            if is_guessed(value.key, value.text):
                yield Found(
                    label(secret),
                    f"{value.key} holds a placeholder, or a default that everybody knows",
                    _REMEDY,
                    value.where,
                )


def workloads(draft: Draft) -> Iterator[Found]:
    """Variables of containers; a place that several share is told once."""
    seen = set()
    for workload in draft.workloads:
        for container in workload.containers:
            for item in container.settings:
                text = item.text or ""
                if item.source == "env" and is_credential(item.name, text) and is_guessed(item.name, text):
                    if (item.where.file, item.where.line, item.name) in seen:
                        continue
                    seen.add((item.where.file, item.where.line, item.name))
                    message = f"variable {item.name} holds a placeholder, or a default that everybody knows"
                    yield Found(workload.name, message, _REMEDY, item.where, severity="warning")
