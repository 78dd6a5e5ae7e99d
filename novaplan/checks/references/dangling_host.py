"""Every host that a program is told to call has a name that resolves.

Inside a cluster a name leads to a Service of the caller's namespace, or to one that is spelt out
(``db.shop``, ``db.shop.svc.cluster.local``); a pod has a name only under the headless Service of its StatefulSet
(``db-0.db``), never alone. In compose it is the name of a service. A name that no Service here has is a connection that
never comes about, and a server that reads it in its configuration does not start. Where a whole namespace is not among
these files it may come from elsewhere; then the finding is a warning.
Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.found import Found
from novaplan.checks.gates import gates
from novaplan.checks.mentions import mentions, unread
from novaplan.checks.resolving import Answer, Resolver
from novaplan.errors import nearest
from novaplan.findings import Severity
from novaplan.importers.draft import Draft, Where
from novaplan.importers.hosts import Hosts, is_api_server
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Names without a Service, in what containers are told and in what they wait for."""
    if cluster.draft is None:
        return
    resolver = Resolver(cluster)
    entrances = {route.host for route in cluster.draft.routes}
    told: set[tuple[str, int | None, str, str]] = set()
    for space, subject, name, host, where in _named(cluster, cluster.draft):
        answer = None if is_api_server(host) or host in entrances else resolver.answer(host, space)
        what = _fault(resolver, answer) if answer else None
        if answer is None or what is None:
            continue
        place = (where.file, where.line, answer.namespace, answer.name)
        if place not in told:
            told.add(place)
            yield Found(
                subject,
                f"{name} names {host}, which does not resolve: {what}",
                _remedy(resolver, answer),
                where,
                _severity(resolver, answer),
            )
    for item, key, address, where in unread(cluster):
        answer = resolver.answer(address.host, item.namespace or DEFAULT_NAMESPACE)
        what = _fault(resolver, answer) if answer else None
        if answer and what and (where.file, where.line, answer.namespace, answer.name) not in told:
            told.add((where.file, where.line, answer.namespace, answer.name))
            message = f"{key} names {address.host}, which does not resolve: {what}; no container here reads it yet"
            yield Found(label(item), message, _remedy(resolver, answer), where, "note")


def workloads(draft: Draft) -> Iterator[Found]:
    """Names of compose that no service has: those without a dot, which nothing outside can have."""
    hosts = Hosts(draft)
    known = {host for workload in draft.workloads for host in workload.hosts}
    for mention in mentions(draft):
        if "." in mention.host or mention.host in draft.off or hosts.answer(mention.host, None).workloads:
            continue
        yield Found(
            mention.workload.name,
            f"{mention.name} names {mention.host}, and no service here is called so{nearest(mention.host, known)}",
            "name a service of this project, or add it",
            mention.where,
            None if nearest(mention.host, known) else "warning",
        )


def _named(cluster: Cluster, draft: Draft) -> Iterator[tuple[str, str, str, str, Where]]:
    """Namespace, subject, name, host and place of everything that pods are told to call, or wait for."""
    labels = {(item.namespace, item.name): item.label for item in cluster.workloads}
    for mention in mentions(draft):
        space = mention.workload.namespace or DEFAULT_NAMESPACE
        subject = labels.get((space, mention.workload.name), mention.workload.name)
        yield space, subject, mention.name or mention.container.name, mention.host, mention.where
    for gate in gates(cluster):
        if "$" not in gate.host:
            name = f"the init container {gate.container}"
            yield gate.workload.namespace, gate.workload.label, name, gate.host, gate.where


def _fault(resolver: Resolver, answer: Answer) -> str | None:
    """What is missing, None when the name resolves."""
    if answer.service is not None:
        owner = resolver.lacks_pod(answer)
        return f"{owner.name} has only {owner.replicas} pods, and none is called {answer.pod}" if owner else None
    if (answer.namespace, answer.name) in resolver.recorded:
        return None
    if answer.namespace not in resolver.used:
        return f"nothing here lives in a namespace {answer.namespace}{resolver.hint(answer)}"
    own = resolver.governing(answer.name, answer.namespace)
    if own is not None:
        return f"the pod {answer.name} has a name only under its Service, {own}"
    return f"namespace {answer.namespace} has no Service {answer.name}{resolver.hint(answer)}"


def _remedy(resolver: Resolver, answer: Answer) -> str:
    if answer.service is not None:
        return "name a pod that is there, or the Service"
    own = resolver.governing(answer.name, answer.namespace)
    if own is not None:
        return f"write {own}"
    if answer.namespace not in resolver.used:
        return f"name a Service that is here, or add what should run in {answer.namespace} to these files"
    return "name a Service that is here, or add it"


def _severity(resolver: Resolver, answer: Answer) -> Severity | None:
    """An error where these files tell all that the namespace holds, as far as they can be trusted to."""
    sure = answer.service is not None or answer.namespace in resolver.declared
    return (
        None
        if sure
        or (resolver.declared and resolver.elsewhere(answer))
        or resolver.governing(answer.name, answer.namespace)
        else "warning"
    )
