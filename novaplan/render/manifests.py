"""One Kubernetes object as a plain value, with the labels that say whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from novaplan.importers.marks import GENERATED as GENERATED
from novaplan.importers.marks import GENERATED_FOR as GENERATED_FOR
from novaplan.importers.marks import MANAGED_BY as MANAGED_BY_LABEL
from novaplan.importers.marks import NOVAPLAN
from novaplan.importers.marks import PREFIX as PREFIX

Manifest = dict[str, Any]

NAME: Final = "app.kubernetes.io/name"
"""The label that says what runs: a service or a datastore."""

MANAGED_BY: Final = NOVAPLAN


def labels(name: str, *, instance: str, component: str | None = None) -> dict[str, str]:
    """The recommended labels of Kubernetes: ``name`` is what runs, ``instance`` the system it belongs to."""
    found = {NAME: name, "app.kubernetes.io/part-of": instance}
    if component is not None:
        found["app.kubernetes.io/component"] = component
    return {**found, MANAGED_BY_LABEL: MANAGED_BY}


def selector(name: str, component: str | None = None) -> dict[str, str]:
    """The labels that pick the pods of ``name``, and of those only the ones that play ``component``."""
    found = {NAME: name}
    if component is not None:
        found["app.kubernetes.io/component"] = component
    return found


def without_absent(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` without those that are None: Kubernetes' own default holds there."""
    return {key: value for key, value in fields.items() if value is not None}


def manifest(
    api_version: str,
    kind: str,
    name: str,
    *,
    namespace: str | None,
    labels: Mapping[str, str],
    annotations: Mapping[str, str] | None = None,
    generated_for: str | None = None,
    **body: Any,
) -> Manifest:
    """One object, its fields in the order people write them; fields that are None or empty metadata are left out.

    ``generated_for`` is the address of the part that needs the object, for an object that is no part itself.
    """
    notes = dict(annotations or {})
    if generated_for is not None:
        notes[GENERATED_FOR] = generated_for
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": dict(sorted(labels.items())),
        "annotations": dict(sorted(notes.items())) or None,
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": without_absent(metadata), **without_absent(body)}


def identity(item: Manifest) -> tuple[str, str, str, str]:
    """What tells an object from every other one: group, kind, namespace, name."""
    metadata = item["metadata"]
    group = item["apiVersion"].rpartition("/")[0]
    return (group, item["kind"], metadata.get("namespace", ""), metadata["name"])


def generated(**names: Iterable[str]) -> dict[str, str]:
    """The annotation that tells an import which containers, volumes and ports of an object are not the system's own."""
    import json

    return {GENERATED: json.dumps({field: sorted(items) for field, items in sorted(names.items())})}
