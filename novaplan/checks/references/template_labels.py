"""A controller selects the pods that it makes, and no others.

The API server refuses a Deployment or StatefulSet whose selector does not match the labels of its own template. Two
controllers of one namespace whose selectors match each other's pods count and adopt those of the other: each scales and
deletes what it did not make.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import Manifest

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Selectors that miss their own template, or take in another's."""
    for workload in cluster.workloads:
        manifest = workload.manifest
        selector = _selector(manifest)
        if selector is None:
            continue
        found = cluster.selected_by(workload.namespace, selector)
        where = place(manifest, manifest.spec, "selector")
        if workload not in found:
            yield Found(
                workload.label,
                "its selector does not match the labels of its own pods: the API server refuses it",
                "give selector and template the same labels",
                where,
            )
        for other in found:
            theirs = _selector(other.manifest)
            mutual = theirs is not None and workload in cluster.selected_by(other.namespace, theirs)
            if (
                other is not workload
                and theirs is not None
                and _is_longlived(other)
                and (not mutual or workload.label < other.label)
            ):
                yield Found(
                    workload.label,
                    f"its selector takes in the pods of {other.label} too: it counts, adopts and deletes them",
                    "give each a label of its own, in selector and template",
                    where,
                )


def _selector(manifest: Manifest) -> dict[str, object] | None:
    selector = manifest.spec.get("selector")
    if manifest.kind not in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") or not isinstance(selector, dict):
        return None
    return selector if selector.get("matchLabels") or selector.get("matchExpressions") else None


def _is_longlived(workload: Workload) -> bool:
    return workload.manifest.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
