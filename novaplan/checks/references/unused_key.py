"""Every key of a ConfigMap is read by a pod.

A setting that no container takes has no effect, whatever it promises: a pool stays at the size that is built in, a
retry is never made, a time limit is that of the library. Where some keys of an object are asked for one by one, the
others reach nobody, and that is easily overlooked, since they stand right beside those that do. A key of a Secret that
nobody reads is a credential that is spread for nothing.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.checks.usage import is_made, keys_of, keys_read
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Objects of which some keys are read, and others by nobody; one finding for each object."""
    taken = keys_read(cluster)
    for item in cluster.of_kind("ConfigMap", "Secret"):
        read = taken.get((item.kind, item.namespace or DEFAULT_NAMESPACE, item.name))
        if read is None or None in read or is_made(item):
            continue
        known = keys_of(item)
        lost = [key for key in known if key not in read]
        if lost:
            secret = item.kind == "Secret"
            effect = "credentials without a use" if secret else "what they set has no effect"
            yield Found(
                label(item),
                f"no container reads {', '.join(lost)}: {effect}",
                "give them to the containers they are meant for, or remove them",
                place(item, known[lost[0]], lost[0]),
                "note" if secret else None,
            )
