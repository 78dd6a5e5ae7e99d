"""Every ConfigMap, Secret, claim, namespace and Service is used by something.

What nobody reads is either left over, and then misleads whoever changes it, or it is there for a workload that does not
ask for it, and then settings or credentials are missing at their place. A Secret that nobody uses is a credential to
guard for nothing.
Source: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.found import Found
from novaplan.checks.gates import gates
from novaplan.checks.mentions import mentions
from novaplan.checks.resolving import Resolver
from novaplan.checks.usage import is_made, uses
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.importers.kubernetes.secret_sources import stated_keys

SEVERITY = "note"

_KINDS: Final = ("ConfigMap", "Secret", "PersistentVolumeClaim")
_CONTROLLER_TYPES: Final = ("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Objects that no pod, Ingress, account or other object here names."""
    yield from _empty_namespaces(cluster)
    yield from _unasked_services(cluster)
    used = {use.target for use in uses(cluster)} | set(_named_elsewhere(cluster))
    users = {use.target[1:] for use in uses(cluster)}
    for item in cluster.of_kind(*_KINDS):
        space = item.namespace or DEFAULT_NAMESPACE
        if (item.kind, space, item.name) in used or is_made(item) or _is_spared(item):
            continue
        elsewhere = sorted({other for other, name in users if name == item.name and other != space})
        hint = (
            f"; pods of {' and '.join(elsewhere)} ask for one of this name in their own namespace" if elsewhere else ""
        )
        yield Found(
            label(item),
            f"no pod and no object of namespace {space} uses it{hint}",
            "remove it, or let the workload it is meant for ask for it",
            item.where(),
        )


def _unasked_services(cluster: Cluster) -> Iterator[Found]:
    """Services beside another for the same pods, of which only the other is named. Programs may have names built in, so
    a Service is not suspected for itself; and where values of Secrets are not here, names may be in them."""
    if any(stated_keys(item) for item in cluster.of_kind("Secret")):
        return
    resolver = Resolver(cluster)
    asked = {text_of(item.manifest.spec.get("serviceName")) for item in cluster.workloads}
    hosts = [(item.host, item.workload.namespace) for item in (mentions(cluster.draft) if cluster.draft else ())]
    hosts += [(gate.host, gate.workload.namespace) for gate in gates(cluster)]
    for route in cluster.draft.routes if cluster.draft else ():
        hosts += [(backend.host, route.namespace) for backend in route.backends]
    answers = [resolver.answer(host, space or DEFAULT_NAMESPACE) for host, space in hosts]
    named = {id(answer.service) for answer in answers if answer is not None}
    chosen = {_behind(cluster, service) for service in cluster.of_kind("Service") if id(service) in named}
    for service in cluster.of_kind("Service"):
        inside = text_of(service.spec.get("type")) in (None, "ClusterIP")
        if not inside or id(service) in named or service.name in asked or is_made(service):
            continue
        if _behind(cluster, service) in chosen:
            text = "nothing here names it, and its pods are reached by another Service"
            yield Found(label(service), text, "remove it, or let clients use it", service.where())


def _behind(cluster: Cluster, service: Manifest) -> tuple[str, ...]:
    return tuple(workload.label for workload in cluster.behind(service))


def _empty_namespaces(cluster: Cluster) -> Iterator[Found]:
    lived_in = {item.namespace for item in cluster.objects if item.namespace}
    for item in cluster.of_kind("Namespace") if lived_in else ():
        if item.name not in lived_in and not is_made(item):
            yield Found(
                label(item), "nothing here lives in it", "remove it, or move there what it is for", item.where()
            )


def _named_elsewhere(cluster: Cluster) -> Iterator[tuple[str, str, str]]:
    """What other objects than pods name: certificates of Ingresses and Gateways, and Secrets of accounts."""
    for item in cluster.of_kind("Ingress"):
        for entry in item.maps(item.spec, "tls"):
            yield "Secret", item.namespace or DEFAULT_NAMESPACE, text_of(entry.get("secretName")) or ""
    for item in cluster.of_kind("ServiceAccount"):
        for field in ("secrets", "imagePullSecrets"):
            for entry in item.maps(item.value, field):
                yield "Secret", item.namespace or DEFAULT_NAMESPACE, text_of(entry.get("name")) or ""
    modelled = {*_KINDS, "Ingress", "ServiceAccount", "Role", "ClusterRole"}
    names = {item.name for item in cluster.of_kind(*_KINDS)}
    for item in cluster.objects:
        if item.kind not in modelled and "." in item.group.removesuffix(".k8s.io"):
            # What a custom object does with a name only its controller knows.
            for text in _texts(item.spec):
                if text in names:
                    for kind in _KINDS:
                        yield kind, item.namespace or DEFAULT_NAMESPACE, text


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node


def _is_spared(item: Manifest) -> bool:
    """Whether a program finds it by its label or type, or it was rendered for what is not."""
    if item.kind == "Secret" and stated_keys(item):
        return True
    labels, annotations = item.map(item.metadata, "labels"), item.map(item.metadata, "annotations")
    marks = (*labels, *annotations)
    by_label = any(mark.startswith(("grafana_", "argocd.", "prometheus", "reloader.", "sidecar.")) for mark in marks)
    return (
        by_label or text_of(item.value.get("type")) in _CONTROLLER_TYPES or bool(item.metadata.get("ownerReferences"))
    )
