"""Every Service selects a pod.

A Service whose selector matches no pod resolves to an address that nobody answers: connections are refused, or hang
until they time out. A Service without a selector is filled by hand (Endpoints, EndpointSlices) and is left alone.
Source: https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.index import labels_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Services with a selector that no workload here has."""
    for service in cluster.of_kind("Service"):
        selector = labels_of(service.spec.get("selector"))
        if selector and not cluster.behind(service):
            shown = ", ".join(f"{key}={value}" for key, value in sorted(selector.items()))
            yield Found(
                label(service),
                f"selects {shown}, which no pod here has; nobody answers under its name",
                "give the pods these labels, or the Service those of its pods",
                place(service, service.spec, "selector"),
            )
