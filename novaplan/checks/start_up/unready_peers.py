"""Pods that look each other up to become ready have names before they are ready.

A headless Service lists a pod only once it is ready. Members of a cluster that need each other's names to form it find
nothing: with a readiness probe that asks for the cluster they wait for each other for ever; without one the names
appear late, and the answer that there is no such name stays in caches for up to half a minute. With
``publishNotReadyAddresses: true`` the names are there from the start.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.mentions import mentions
from novaplan.checks.resolving import Resolver, is_headless
from novaplan.importers.kubernetes.manifests import Manifest

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Headless Services whose own pods name each other, and that hide those that are not ready."""
    resolver = Resolver(cluster)
    told: set[int] = set()
    owners = {(item.namespace, item.name): item for item in cluster.workloads if item.manifest.kind == "StatefulSet"}
    for mention in mentions(cluster.draft) if cluster.draft else ():
        if mention.container.kind == "init":
            continue
        answer = resolver.answer(mention.host, mention.workload.namespace or "default")
        own = owners.get((mention.workload.namespace or "default", mention.workload.name))
        if answer is None or answer.service is None or own is None or own not in cluster.behind(answer.service):
            continue
        service = answer.service
        if not is_headless(service) or _publishes(service) or id(service) in told:
            continue
        probed = any(container.get("readinessProbe") for container in own.containers)
        if own.replicas < 2 and not (probed and mention.container.kind == "sidecar"):
            continue
        told.add(id(service))
        effect = "until it is ready, and it needs the others to become ready" if probed else "until it runs"
        yield Found(
            own.label,
            f"its {mention.container.name} looks up {mention.host} when it starts, but the Service {service.name} "
            f"gives a pod no name {effect}",
            f"set publishNotReadyAddresses: true on the Service {service.name}",
            service.where(),
        )


def _publishes(service: Manifest) -> bool:
    annotations = service.map(service.metadata, "annotations")
    old = annotations.get("service.alpha.kubernetes.io/tolerate-unready-endpoints")
    return service.spec.get("publishNotReadyAddresses") is True or old == "true"
