"""The time a pod is given to end covers what it does then.

terminationGracePeriodSeconds starts with the preStop hook; what is left when that ends is all the process has to finish
its requests before it is killed.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Container, Workload
from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"
_SLEEP = re.compile(r"\bsleep\s+(\d{1,6})\b")
_DEFAULT = 30
LEAST = 5
"""Seconds that a process wants to have left at least."""


def objects(cluster: Cluster) -> Iterator[Found]:
    """Pods whose preStop pause takes all of their grace, or nearly all."""
    for workload in cluster.workloads:
        grace = workload.spec.get("terminationGracePeriodSeconds", _DEFAULT)
        for container in workload.containers:
            pause = _pause(workload, container)
            if isinstance(grace, int) and pause and grace - pause < LEAST:
                left = max(0, grace - pause)
                yield Found(
                    workload.label,
                    f"of {grace} s to end, preStop takes {pause} s; {left} s are left before it is killed",
                    f"raise terminationGracePeriodSeconds to {pause + 30} or so",
                    workload.where(workload.spec, "terminationGracePeriodSeconds"),
                    severity="error" if grace <= pause else "warning",
                )


def _pause(workload: Workload, container: Container) -> int:
    hook = workload.manifest.map(workload.manifest.map(container, "lifecycle"), "preStop")
    sleep = workload.manifest.map(hook, "sleep").get("seconds")
    if isinstance(sleep, int):
        return sleep
    words = workload.manifest.map(hook, "exec").get("command")
    text = " ".join(text_of(word) or "" for word in words) if isinstance(words, list) else ""
    found = _SLEEP.search(text)
    return int(found[1]) if found else 0


def topology(system: System) -> Iterator[Found]:
    """Services whose pause and drain take longer than their grace."""
    for service in system.topology.services:
        end = service.termination
        wanted = end.pre_stop + (end.drain or 0)
        if wanted > end.grace:
            yield Found(
                service.name,
                f"needs {end.pre_stop / 1000:g} s of pause and {(end.drain or 0) / 1000:g} s to drain"
                f" and is killed after {end.grace / 1000:g} s",
                "raise termination.grace to at least that",
            )
