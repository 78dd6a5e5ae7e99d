"""Every key that a pod asks for is in the ConfigMap or Secret.

A variable whose key does not exist keeps the container in ``CreateContainerConfigError``; a volume that names such a
key cannot be mounted. The object being there hides the mistake until the pod starts.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/#restrictions
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.usage import keys_of, uses
from novaplan.errors import nearest
from novaplan.importers.kubernetes.secret_sources import stated_keys

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Keys that are asked for, of objects that do not have them."""
    for use in uses(cluster):
        manifest = cluster.get(*use.target) if use.key is not None and not use.optional else None
        if manifest is None or use.key is None:
            continue
        known = {*keys_of(manifest), *(stated_keys(manifest) if use.kind == "Secret" else ())}
        if use.key not in known:
            effect = "cannot be mounted" if use.how.startswith("volume") else "the container never starts"
            yield Found(
                use.workload.label,
                f"{use.how} asks for key {use.key} of the {use.kind} {use.name}, which has no such key"
                f"{nearest(use.key, known)}: {effect}",
                f"name a key that is there, or add {use.key} to {use.name}",
                use.where,
            )
