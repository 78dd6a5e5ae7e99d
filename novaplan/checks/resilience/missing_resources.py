"""A container says what it needs and what it may take.

Without requests the scheduler puts pods anywhere and they are the first to be evicted; without a memory limit one that
leaks takes its node along. A limit below the request is refused by the API.
Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Container, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of
from novaplan.quantity import parse_bytes, parse_millicores

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Containers that run as long as their pod."""
    for workload in cluster.workloads:
        for container in workload.containers:
            yield from _container(workload, container)


def _container(workload: Workload, container: Container) -> Iterator[Found]:
    name = text_of(container.get("name")) or ""
    resources = workload.manifest.map(container, "resources")
    requests, limits = workload.manifest.map(resources, "requests"), workload.manifest.map(resources, "limits")
    missing = [
        text
        for text, there in (
            ("no CPU request", "cpu" in requests or "cpu" in limits),
            ("no memory request", "memory" in requests or "memory" in limits),
            ("no memory limit", "memory" in limits),
        )
        if not there
    ]
    if missing:
        where = workload.where(container, "resources" if resources else "name")
        yield Found(workload.label, f"container {name} states {', '.join(missing)}", "state them", where)
    for key, parse in (("cpu", parse_millicores), ("memory", parse_bytes)):
        if key in requests and key in limits:
            try:
                above = parse(requests[key]) > parse(limits[key])
            except ValueError:
                continue
            if above:
                message = f"container {name} requests more {key} than its limit; the API refuses the pod"
                yield Found(workload.label, message, "lower the request", workload.where(requests, key), "error")
