"""What the outside reaches is encrypted on the way.

Whoever sits between sees and changes everything: credentials, tokens, answers. Looked at: Ingresses that name no
certificate for a host, and load balancers that publish a plain HTTP port.
Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "warning"
_PLAIN = frozenset({"http", "ws", "web"})
_INTERNAL = ("load-balancer-internal", "azure-load-balancer-internal", "load-balancer-type")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Ingresses and load balancers."""
    for item in cluster.of_kind("Ingress"):
        covered = {host for entry in item.maps(item.spec, "tls") for host in item.texts(entry, "hosts")}
        without_hosts = any(not entry.get("hosts") for entry in item.maps(item.spec, "tls"))
        for rule in item.maps(item.spec, "rules"):
            host = text_of(rule.get("host")) or ""
            if not without_hosts and host not in covered and not _wildcard(host, covered):
                yield Found(
                    label(item),
                    f"{host or 'any host'} is served without TLS; tokens and passwords cross the network in the clear",
                    "name a certificate under spec.tls, and redirect from plain HTTP",
                    place(item, rule, "host") if host else place(item, item.spec, "rules"),
                )
    for item in cluster.of_kind("Service"):
        if item.spec.get("type") == "LoadBalancer" and not _is_internal(item):
            for port in item.maps(item.spec, "ports"):
                if (text_of(port.get("name")) or "").lower() in _PLAIN or port.get("port") in (80, 8080):
                    yield Found(
                        label(item),
                        f"its load balancer publishes port {port.get('port')} as plain HTTP",
                        "end TLS at an Ingress or at the load balancer",
                        place(item, port, "port"),
                    )


def _wildcard(host: str, covered: set[str]) -> bool:
    return f"*.{host.partition('.')[2]}" in covered


def _is_internal(item: Manifest) -> bool:
    notes = item.map(item.metadata, "annotations")
    return any(key.endswith(_INTERNAL) for key in notes)
