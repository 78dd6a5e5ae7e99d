"""A StatefulSet has the headless Service that it names.

``serviceName`` is what gives each pod its name (``db-0.db``). When that Service does not exist, has an address of its
own, or selects other pods, no such name resolves, and members that look for each other find nothing. It is an error
where something is told such a name.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#limitations
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, place
from novaplan.checks.found import Found
from novaplan.checks.mentions import mentions
from novaplan.checks.resolving import Resolver, is_headless
from novaplan.findings import Severity
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """StatefulSets whose Service is missing, not headless, or for other pods."""
    if not cluster.of_kind("StatefulSet"):
        return
    resolver = Resolver(cluster)
    answers = [
        resolver.answer(mention.host, mention.workload.namespace or DEFAULT_NAMESPACE)
        for mention in (mentions(cluster.draft) if cluster.draft else ())
    ]
    asked = {(answer.namespace, answer.name) for answer in answers if answer and answer.pod}
    for workload in cluster.workloads:
        manifest = workload.manifest
        name = text_of(manifest.spec.get("serviceName")) if manifest.kind == "StatefulSet" else None
        if not name:
            continue
        service = cluster.get("Service", manifest.namespace, name)
        if service is None:
            fault, remedy = (
                f"the Service {name} that should name its pods is not here",
                f"add the headless Service {name}",
            )
        elif not is_headless(service):
            fault = (
                f"the Service {name} that should name its pods has an address of its own (clusterIP: None is missing)"
            )
            remedy = "set clusterIP: None there, or name a headless Service"
        elif workload not in cluster.behind(service):
            fault, remedy = f"the Service {name} that should name its pods selects others", "let it select these pods"
        else:
            continue
        severity: Severity | None = "error" if (workload.namespace, name) in asked else None
        yield Found(
            workload.label,
            f"{fault}: names such as {workload.name}-0.{name} do not resolve",
            remedy,
            place(manifest, manifest.spec, "serviceName"),
            severity,
        )
