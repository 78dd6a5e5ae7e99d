"""A Service that ties clients to pods by address sees the addresses of clients.

``sessionAffinity: ClientIP`` behind a load balancer or node port with ``externalTrafficPolicy: Cluster`` (the
default) sees the addresses of nodes: kube-proxy puts the node's in the place of the client's, so everybody who comes
through one node goes to one pod, and a client that comes through another node changes pods. ingress-nginx connects to
pods by itself and knows nothing of it.
Source: https://kubernetes.io/docs/tutorials/services/source-ip/ and
https://kubernetes.io/docs/reference/networking/virtual-ips/#session-affinity
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Services of these types with session affinity and several pods."""
    for service in cluster.of_kind("Service"):
        spec = service.spec
        if spec.get("sessionAffinity") != "ClientIP" or spec.get("type") not in ("LoadBalancer", "NodePort"):
            continue
        if spec.get("externalTrafficPolicy") != "Local" and sum(item.replicas for item in cluster.behind(service)) > 1:
            text = (
                "ties clients to pods by their address and sees those of nodes instead: everybody behind one node goes "
                "to one pod, and nobody stays with a pod when the path changes"
            )
            remedy = "set externalTrafficPolicy: Local, or tie sessions by a cookie"
            yield Found(label(service), text, remedy, place(service, spec, "sessionAffinity"))
