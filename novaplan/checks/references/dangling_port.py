"""Every port that a client names is one that the server is reached at.

A Service forwards the ports it lists and drops the rest: a client of any other port waits until it times out. Under a
headless Service a client reaches the pods themselves, so there the port is that of a container. In compose, services
reach each other at the port of the container; the one published on the host is not known inside.
Source: https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports,
https://docs.docker.com/compose/how-tos/networking/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.found import Found
from novaplan.checks.gates import gates
from novaplan.checks.mentions import mentions, unread
from novaplan.checks.resolving import Answer, Resolver, container_ports, is_headless, number_of, ports
from novaplan.importers.draft import Draft, Where
from novaplan.importers.hosts import Hosts
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Ports that the Service or the pods behind a name do not have; also in texts that no container reads yet."""
    if cluster.draft is None:
        return
    resolver = Resolver(cluster)
    labels = {(item.namespace, item.name): item.label for item in cluster.workloads}
    told: set[tuple[str, int | None, str, int]] = set()
    for subject, name, host, port, where, read in [*_read(cluster.draft, labels), *_waited(cluster), *_unread(cluster)]:
        answer = resolver.answer(host, subject[0])
        known = _ports(cluster, answer) if answer is not None else set()
        if port is None or answer is None or not known or port in known:
            continue
        if (where.file, where.line, answer.name, port) in told:
            continue
        told.add((where.file, where.line, answer.name, port))
        listed = ", ".join(map(str, sorted(known)))
        yield Found(
            subject[1],
            f"{name} names {host}:{port}, but {answer.name} is reached at {listed}; nobody answers there",
            f"name port {listed}, or open {port}",
            where,
            None if read else "warning",
        )


def workloads(draft: Draft) -> Iterator[Found]:
    """Ports of compose that are published on the host, and that containers do not have."""
    hosts = Hosts(draft)
    for mention in mentions(draft):
        for index in hosts.answer(mention.host, None).workloads:
            workload = draft.workloads[index]
            inside = {port.target or port.port for port in workload.ports}
            published = {port.published for port in workload.ports} - inside
            if mention.port in published and workload is not mention.workload:
                listed = ", ".join(map(str, sorted(inside)))
                yield Found(
                    mention.workload.name,
                    f"{mention.name} names {mention.host}:{mention.port}, which is its port on the host; inside, "
                    f"{workload.name} listens on {listed}",
                    f"name port {listed}",
                    mention.where,
                )


_Told = tuple[tuple[str, str], str, str, int | None, Where, bool]


def _read(draft: Draft, labels: dict[tuple[str, str], str]) -> Iterator[_Told]:
    for mention in mentions(draft):
        space = mention.workload.namespace or DEFAULT_NAMESPACE
        subject = labels.get((space, mention.workload.name), mention.workload.name)
        yield (space, subject), mention.name, mention.host, mention.port, mention.where, True


def _unread(cluster: Cluster) -> Iterator[_Told]:
    for item, key, address, where in unread(cluster):
        yield (item.namespace or DEFAULT_NAMESPACE, label(item)), key, address.host, address.port, where, False


def _ports(cluster: Cluster, answer: Answer) -> set[int]:
    """The ports at which a name is reached, none when that cannot be told."""
    service = answer.service
    if service is None or text_of(service.spec.get("type")) == "ExternalName":
        return set()
    listed = {number for item in ports(service) if (number := number_of(item.get("port"))) is not None}
    if not is_headless(service) and answer.pod is None:
        return listed
    behind = cluster.behind(service)
    own = {port for workload in behind for port in container_ports(workload)}
    if not own:
        return set()
    # The name leads to the pods themselves, past what the Service calls its ports.
    targets = {text_of(item.get("targetPort", item.get("port"))) for item in ports(service)}
    numbers = {number for target in targets if (number := number_of(target)) is not None}
    return {number for _, number in own} | numbers


def _waited(cluster: Cluster) -> Iterator[_Told]:
    """What init containers wait for."""
    for gate in gates(cluster):
        subject = (gate.workload.namespace, gate.workload.label)
        yield subject, f"the init container {gate.container}", gate.host, gate.port, gate.where, True
