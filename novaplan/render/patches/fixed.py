"""What Kubernetes lets nobody change in an object that is there, so that applying it would fail in the middle.

The lists follow the validation of the API server, which answers such an update with ``field is immutable`` or, for a
StatefulSet, with the names of the few fields that may change
(https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from novaplan.render.layouts.differences import operations
from novaplan.render.manifests import Manifest

_FREE: Final = {
    "StatefulSet": {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    },
    "PersistentVolumeClaim": {"resources", "volumeAttributesClassName"},
    "Pod": {"activeDeadlineSeconds", "tolerations"},
}
"""The only fields of a spec that may change."""
_FIXED: Final = {
    **{kind: {"selector"} for kind in ("Deployment", "DaemonSet", "ReplicaSet")},
    "Job": {"template", "selector", "completions", "completionMode", "manualSelector"},
}
"""The only fields of a spec that may not."""

CONTROLLERS: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})
"""Whose pods go on running when they are deleted with ``--cascade=orphan``, and are taken over by their successor."""


def fixed(before: Manifest, after: Manifest) -> list[str]:
    """The fields in which ``after`` differs from ``before``, the same object, and that Kubernetes does not change."""
    return sorted(set(_fixed(before, after)))


def _fixed(before: Manifest, after: Manifest) -> Iterator[str]:
    kind = after["kind"]
    old, new = before.get("spec") or {}, after.get("spec") or {}
    changed = _of_pod(old, new) if kind == "Pod" else {str(found.path[0]) for found in operations(old, new)}
    if kind in _FREE:
        yield from (f"spec.{name}" for name in changed - _FREE[kind])
    yield from (f"spec.{name}" for name in changed & _FIXED.get(kind, set()))
    if kind == "Service" and "ExternalName" not in (old.get("type"), new.get("type")):
        yield from (f"spec.{name}" for name in changed & {"clusterIP"})
    if kind in ("RoleBinding", "ClusterRoleBinding") and before.get("roleRef") != after.get("roleRef"):
        yield "roleRef"
    if kind == "Secret" and before.get("type", "Opaque") != after.get("type", "Opaque"):
        yield "type"
    if kind in ("Secret", "ConfigMap") and before.get("immutable") and before.get("data") != after.get("data"):
        yield "data"


def _of_pod(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """What changes in a pod but for the images of its containers."""
    found = set()
    for item in operations(old, new):
        image = len(item.path) == 3 and item.path[0] in ("containers", "initContainers") and item.path[2] == "image"
        if not image:
            found.add(str(item.path[0]))
    return found
