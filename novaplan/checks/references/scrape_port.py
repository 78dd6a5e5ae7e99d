"""What is scraped for metrics serves metrics.

``prometheus.io/port`` names the port that Prometheus asks by HTTP. The port of a database or broker speaks another
protocol: every scrape fails, the target is down for ever, and the server logs a broken request each time. Metrics of
such a server come from an exporter beside it. A port that no container declares is asked in vain, too.
Source: https://prometheus.io/docs/instrumenting/exporters/, https://github.com/prometheus-community/helm-charts
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster, place
from novaplan.checks.found import Found
from novaplan.checks.resolving import container_ports, number_of
from novaplan.importers.kubernetes.index import template_path

SEVERITY = "warning"

_NO_METRICS: Final = {
    6379: "Redis",
    26379: "Redis Sentinel",
    5432: "PostgreSQL",
    3306: "MySQL",
    27017: "MongoDB",
    9092: "Kafka",
    2181: "ZooKeeper",
    11211: "memcached",
    9042: "Cassandra",
    5672: "RabbitMQ",
    7687: "Neo4j",
}


def objects(cluster: Cluster) -> Iterator[Found]:
    """Pods whose annotations lead Prometheus to a port without metrics."""
    for workload in cluster.workloads:
        port = number_of(workload.annotations.get("prometheus.io/port"))
        if port is None or workload.annotations.get("prometheus.io/scrape") != "true":
            continue
        node = workload.manifest.value
        for step in template_path(workload.manifest) or ():
            node = workload.manifest.map(node, step)
        annotations = workload.manifest.map(workload.manifest.map(node, "metadata"), "annotations")
        where = place(workload.manifest, annotations, "prometheus.io/port")
        declared = {number for _, number in container_ports(workload)}
        if port in _NO_METRICS and port in declared:
            yield Found(
                workload.label,
                f"is scraped at {port}, where {_NO_METRICS[port]} speaks its own protocol: every scrape fails",
                "run an exporter beside it and name its port, or take the annotations out",
                where,
            )
        elif declared and port not in declared:
            yield Found(
                workload.label,
                f"is scraped at {port}, and its containers declare {', '.join(map(str, sorted(declared)))}",
                "name the port that serves metrics, and declare it",
                where,
            )
