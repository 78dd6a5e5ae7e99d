"""A datastore is not published to the outside.

A database on a port of the host, or behind a load balancer, is one weak password away from everybody. In compose,
ports without an address are published on every interface of the host, past its firewall.
Source: https://docs.docker.com/engine/network/packet-filtering-firewalls/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.checks.images import image_of
from novaplan.importers.addresses.wordlist import word_list
from novaplan.importers.compose.nodes import Field
from novaplan.importers.compose.reading import Project
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"
STORES = word_list(
    "clickhouse-server cassandra couchdb elasticsearch etcd kafka cp-kafka mariadb memcached milvus minio mongo mysql"
    " neo4j opensearch postgres postgresql rabbitmq redis valkey zookeeper cp-zookeeper spilo bitnami-redis"
)


def objects(cluster: Cluster) -> Iterator[Found]:
    """Services of type NodePort or LoadBalancer before a datastore."""
    for service in cluster.of_kind("Service"):
        kind = text_of(service.spec.get("type"))
        if kind in ("NodePort", "LoadBalancer"):
            for workload in cluster.behind(service):
                images = [image_of(text_of(item.get("image"))) for item in workload.containers]
                if any(image is not None and image.name in STORES for image in images):
                    message = f"publishes {workload.label} outside the cluster ({kind})"
                    where = place(service, service.spec, "type")
                    yield Found(label(service), message, "use ClusterIP; reach it through a pod or a tunnel", where)


def compose(project: Project) -> Iterator[Found]:
    """Services of compose that publish a datastore's port on every interface."""
    for name, service in project.services.items():
        field = service.get("image")
        image = image_of(field.text()) if field is not None else None
        ports = service.get("ports")
        if image is None or image.name not in STORES or ports is None:
            continue
        found = [port for port in _each(ports) if not _is_local(port)]
        if found:
            message = f"publishes {image.name} on every interface of the host"
            yield Found(name, message, 'bind it to 127.0.0.1, as in "127.0.0.1:5432:5432"', found[0].where)


def _each(ports: Field) -> Iterator[Field]:
    if isinstance(ports.value, dict):  # merged: by key
        yield from (port for _, port in ports.items())
    else:
        yield from ports.elements()


def _is_local(port: Field) -> bool:
    if isinstance(port.value, dict):
        host, published = port.get("host_ip"), port.get("published")
        return published is None or (host is not None and host.text().startswith(("127.", "::1")))
    text = port.text()
    return ":" not in text or text.startswith(("127.", "[::1]", "localhost:"))
