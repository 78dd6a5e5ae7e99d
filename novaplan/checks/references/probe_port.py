"""A probe asks a port that its container has.

A probe that names a port which its container does not declare fails every time: the pod is never ready, or is killed
again and again. One that asks a number which is not declared asks what perhaps nobody answers.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster, Workload, place
from novaplan.checks.found import Found
from novaplan.checks.resolving import container_ports, number_of
from novaplan.errors import nearest
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"

_EFFECTS: Final = {
    "livenessProbe": "it fails every time, and the container is killed again and again",
    "readinessProbe": "it fails every time, and the pod never gets a request",
    "startupProbe": "it fails every time, and the container is killed before it has started",
}


def objects(cluster: Cluster) -> Iterator[Found]:
    """Probes and hooks whose port the container does not have."""
    for workload in cluster.workloads:
        everywhere = {number for _, number in container_ports(workload)}
        for container in workload.containers:
            for probe, effect in _EFFECTS.items():
                if isinstance(container.get(probe), dict):
                    yield from _asked(workload, container, probe, effect, everywhere)


def _asked(
    workload: Workload, container: dict[str, object], probe: str, effect: str, everywhere: set[int]
) -> Iterator[Found]:
    manifest = workload.manifest
    declared = manifest.maps(container, "ports")
    names = [text_of(port.get("name")) for port in declared]
    for kind in ("httpGet", "tcpSocket", "grpc"):
        action = manifest.map(manifest.map(container, probe), kind)
        port = action.get("port")
        number, shown = number_of(port), text_of(port) or ""
        if port is None or "host" in action:
            continue
        where = place(manifest, action, "port")
        if number is None and shown not in names:
            near = nearest(shown, [name for name in names if name])
            yield Found(
                workload.label,
                f"its {probe} asks the port {shown}, which {text_of(container.get('name'))} does not "
                f"have{near}: {effect}",
                "name a port of this container",
                where,
            )
        elif number is not None and everywhere and number not in everywhere:
            listed = ", ".join(map(str, sorted(everywhere)))
            yield Found(
                workload.label,
                f"its {probe} asks port {number}, but its containers declare {listed}: unless something "
                "listens there all the same, it always fails",
                f"ask {listed}, or declare {number}",
                where,
                "warning",
            )
