"""Network policies let through what the system needs.

A pod that any policy selects gets through only what some policy allows: each edge of the graph has to be allowed on
both sides, and whoever calls by name has to reach the cluster's DNS. What is forgotten looks like a server that hangs.
Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.found import Found
from novaplan.checks.mentions import mentions
from novaplan.checks.policies import Policies
from novaplan.checks.resolving import Answer, Resolver, is_headless, number_of, ports
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Servers that clients are told of and policies keep them from, and pods that cannot resolve their names."""
    if cluster.draft is None or not cluster.of_kind("NetworkPolicy"):
        return
    policies, resolver = Policies(cluster), Resolver(cluster)
    workloads = {(item.namespace, item.name): item for item in cluster.workloads}
    told = set()
    for mention in mentions(cluster.draft):
        space = mention.workload.namespace or DEFAULT_NAMESPACE
        client, answer = workloads.get((space, mention.workload.name)), resolver.answer(mention.host, space)
        if client is None or answer is None or answer.service is None:
            continue
        for server in cluster.behind(answer.service):
            if server is client:
                continue  # whether a pod may reach itself is up to the network's plug-in
            port = _target(answer, server, mention.port)
            barrier = policies.barrier(client, server, port)
            if barrier and (client.label, server.label, port) not in told:
                told.add((client.label, server.label, port))
                reached = f"{mention.host}:{mention.port}" if mention.port else mention.host
                message = f"{mention.name} names {reached}, and {barrier}"
                yield Found(client.label, message, "allow this edge on both sides", mention.where)
    for workload in cluster.workloads:
        if not policies.resolves(workload):
            message = "may call others, and no policy lets it ask for their names: port 53 is closed to it"
            remedy = "allow egress to the cluster's DNS, UDP and TCP 53"
            yield Found(workload.label, message, remedy, workload.where())


def _target(answer: Answer, server: Workload, port: int | None) -> int | None:
    """The port of the pod that a port of its Service leads to."""
    if answer.service is None or port is None or is_headless(answer.service):
        return port
    for item in ports(answer.service):
        if item.get("port") == port:
            target = item.get("targetPort", port)
            return number_of(target) if number_of(target) is not None else _numbered(server, text_of(target))
    return None


def _numbered(server: Workload, name: str | None) -> int | None:
    for container in server.containers:
        for item in server.manifest.maps(container, "ports"):
            if text_of(item.get("name")) == name:
                return number_of(item.get("containerPort"))
    return None
