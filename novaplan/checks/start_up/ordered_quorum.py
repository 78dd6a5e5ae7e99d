"""Members that need each other to become healthy are started together.

A StatefulSet makes one pod after another and waits for each to be ready, unless ``podManagementPolicy: Parallel`` says
otherwise. A member of a cluster that answers healthy only with a quorum cannot become ready alone, so the second one is
never made; and where only a liveness probe asks for the quorum, the first is killed again and again when the second
does not come in time. After an outage of all nodes this is how every start goes.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#parallel-pod-management,
https://etcd.io/docs/v3.5/op-guide/monitoring/#health-check
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from novaplan.checks.cluster import Cluster, Container, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of
from novaplan.importers.recognition import image_path

SEVERITY = "warning"

# What is asked when the answer depends on the other members, by the program.
_ASKS_CLUSTER: Final = {
    "etcd": re.compile(r"^/health(?!z)|^/readyz|endpoint health"),
    "zookeeper": re.compile(r"\b(?:srvr|mntr|stat)\b|zkServer\.sh status"),
    "elasticsearch": re.compile(r"_cluster/health(?!\S*local=true)"),
    "opensearch": re.compile(r"_cluster/health(?!\S*local=true)"),
    "consul": re.compile(r"/v1/status/leader|/v1/health|consul (?:members|operator)"),
}


def objects(cluster: Cluster) -> Iterator[Found]:
    """StatefulSets that start one by one although their probes need several."""
    for workload in cluster.workloads:
        manifest = workload.manifest
        parallel = text_of(manifest.spec.get("podManagementPolicy")) == "Parallel"
        if manifest.kind != "StatefulSet" or parallel or workload.replicas < 2:
            continue
        found = next(_asking(workload), None)
        if found is None:
            continue
        container, probe = found
        first, second = f"{workload.name}-0", f"{workload.name}-1"
        if probe == "readinessProbe":
            effect = f"{first} is never ready alone, so {second} is never made"
        else:
            effect = (
                f"{first} alone has no quorum and is killed after {_budget(container)} s, unless {second} runs by then"
            )
        yield Found(
            workload.label,
            f"its pods start one by one, but the {probe} of {text_of(container.get('name'))} needs a quorum: {effect}",
            "set podManagementPolicy: Parallel",
            workload.where(manifest.spec, "replicas"),
            "error" if probe == "readinessProbe" else None if container.get("readinessProbe") else "note",
        )


def _asking(workload: Workload) -> Iterator[tuple[Container, str]]:
    """Containers with a probe that asks for the state of the whole cluster; readiness first."""
    for probe in ("readinessProbe", "livenessProbe"):
        for container in workload.containers:
            path = image_path(text_of(container.get("image")) or "")
            asks = next((asks for part in path[-1:] for name, asks in _ASKS_CLUSTER.items() if name in part), None)
            value = container.get(probe)
            if asks is not None and isinstance(value, dict) and asks.search(_asked(workload, value)):
                yield container, probe


def _asked(workload: Workload, probe: dict[str, Any]) -> str:
    manifest = workload.manifest
    path = text_of(manifest.map(probe, "httpGet").get("path"))
    return path or " ".join(manifest.texts(manifest.map(probe, "exec"), "command"))


def _budget(container: Container) -> int:
    """Seconds until a liveness probe that always fails kills."""
    probe = container["livenessProbe"]
    whole = {key: value for key, value in probe.items() if isinstance(value, int) and not isinstance(value, bool)}
    tries = whole.get("failureThreshold", 3)
    return whole.get("initialDelaySeconds", 0) + whole.get("periodSeconds", 10) * tries
