"""Configuration holds no credential.

A ConfigMap is readable by everybody who may look at the namespace, it is not encrypted at rest, and it stands in the
tree; a variable written out in a workload is shown by every tool that describes it.
Source: https://kubernetes.io/docs/concepts/configuration/configmap/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload, label, place
from novaplan.checks.credentials import credential_lines, directive, is_credential
from novaplan.checks.found import Found
from novaplan.importers.draft import Draft, Where
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"
_REMEDY = "keep it in a Secret, and let the program read it from a variable or a file of its own"


def objects(cluster: Cluster) -> Iterator[Found]:
    """ConfigMaps and variables."""
    for item, key, text, where in cluster.texts():
        if "\n" not in text.strip():
            if is_credential(key, text):
                yield Found(label(item), f"{key} is a credential in a ConfigMap", _REMEDY, where)
            continue
        for number in credential_lines(text):
            line = Where(where.file, (where.line or 0) + 1 + number, where.field)
            said = directive(text.splitlines()[number])
            yield Found(label(item), f"{key} holds a credential ({said}) in a ConfigMap", _REMEDY, line)
    for workload in cluster.workloads:
        yield from _variables(workload)


def _variables(workload: Workload) -> Iterator[Found]:
    for container in workload.all_containers:
        for item in workload.manifest.maps(container, "env"):
            name, text = text_of(item.get("name")) or "", text_of(item.get("value")) or ""
            if is_credential(name, text):
                where = place(workload.manifest, item, "value", f"env.{name}")
                yield Found(workload.label, f"variable {name} is a credential, written out", _REMEDY, where)


def workloads(draft: Draft) -> Iterator[Found]:
    """Files that containers mount; one that several mount is told once."""
    seen = set()
    for workload in draft.workloads:
        for file in (file for container in workload.containers for file in container.files if not file.secret):
            for number in credential_lines(file.text):
                where = Where(file.where.file, (file.where.line or 1) + number, file.where.field)
                if where not in seen:
                    seen.add(where)
                    said = directive(file.text.splitlines()[number])
                    yield Found(workload.name, f"{file.path} holds a credential ({said})", _REMEDY, where)
