"""No Service is called so that the variables Kubernetes makes of it confuse a program.

For each Service of a namespace that has an address, every container there gets variables such as
``KAFKA_PORT=tcp://10.0.0.7:9092``. Programs that take any variable with their own prefix for a setting read these as
settings: images of Confluent exit because of a setting PORT that is no longer allowed, Neo4j refuses settings that it
does not know. Headless Services make none, and neither does a pod with ``enableServiceLinks: false``.
Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.resolving import is_headless
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of
from novaplan.importers.recognition import image_path

SEVERITY = "error"

_PREFIXES: Final = {
    "cp-kafka": "KAFKA",
    "cp-server": "KAFKA",
    "cp-schema-registry": "SCHEMA_REGISTRY",
    "cp-kafka-rest": "KAFKA_REST",
    "neo4j": "NEO4J",
}
"""Programs, by the last part of their image, and the start of the variables that they take for settings."""


def objects(cluster: Cluster) -> Iterator[Found]:
    """Containers of such programs in a namespace with a Service of their own name."""
    services = defaultdict(set)
    for item in cluster.of_kind("Service"):
        if not is_headless(item) and text_of(item.spec.get("type")) != "ExternalName":
            services[item.namespace or DEFAULT_NAMESPACE].add(item.name)
    for workload in cluster.workloads:
        if workload.spec.get("enableServiceLinks") is False:
            continue
        for container in workload.containers:
            path = image_path(text_of(container.get("image")) or "")
            prefix = _PREFIXES.get(path[-1]) if path else None
            name = prefix.lower().replace("_", "-") if prefix else ""
            if name in services[workload.namespace]:
                yield Found(
                    workload.label,
                    f"the Service {name} gives {text_of(container.get('name'))} a variable {prefix}_PORT, which "
                    f"{path[-1]} takes for a setting and refuses to start with",
                    "set enableServiceLinks: false for its pods, or call the Service otherwise",
                    workload.where(container, "image"),
                )
