"""A container does not run as root, and cannot become it.

Whoever breaks out of a process that is root is root outside as well, more often than not. Told once for each container
with everything that is missing; what takes the node along (privileged, the host's network, files or processes) is an
error, the rest a note.
Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "note"
_HOST = ("hostNetwork", "hostPID", "hostIPC")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Every pod and container."""
    for workload in cluster.workloads:
        yield from _pod(workload)
        for container in workload.all_containers:
            context = workload.manifest.map(container, "securityContext")
            name = text_of(container.get("name")) or ""
            if context.get("privileged") is True:
                where = workload.where(context, "privileged")
                message = f"container {name} is privileged: it is root on the node"
                yield Found(
                    workload.label, message, "take privileged away; add the capability it needs", where, "error"
                )
            missing = list(_missing(workload, context))
            if missing:
                yield Found(
                    workload.label,
                    f"container {name} {' and '.join(missing)}",
                    "set runAsNonRoot: true, allowPrivilegeEscalation: false and capabilities.drop: [ALL]",
                    workload.where(container, "securityContext" if context else "name"),
                )


def _pod(workload: Workload) -> Iterator[Found]:
    for key in _HOST:
        if workload.spec.get(key) is True:
            message = f"{key}: its pods share what belongs to the node"
            yield Found(workload.label, message, f"take {key} away", workload.where(workload.spec, key), "warning")
    for name, volume in workload.volumes.items():
        path = workload.manifest.map(volume, "hostPath") if isinstance(volume.get("hostPath"), dict) else {}
        if path:
            message = f"volume {name} is the node's own {text_of(path.get('path'))}"
            yield Found(
                workload.label, message, "use a claim, or emptyDir", workload.where(volume, "hostPath"), "warning"
            )


def _missing(workload: Workload, context: dict[str, Any]) -> Iterator[str]:
    pod = workload.manifest.map(workload.spec, "securityContext")
    user = context.get("runAsUser", pod.get("runAsUser"))
    if user == 0 or (not user and context.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True):
        yield "runs as root" if user == 0 else "may run as root"
    dropped = workload.manifest.texts(workload.manifest.map(context, "capabilities"), "drop")
    if context.get("allowPrivilegeEscalation") is not False and "ALL" not in dropped:
        yield "may gain privileges"
