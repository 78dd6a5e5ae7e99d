"""What an object acts on is there.

An autoscaler without its workload scales nothing; a disruption budget or a network policy that selects no pod protects
nothing; a binding to a role or an account that does not exist grants nothing; a ServiceMonitor that selects no Service
measures nothing. None of them fails: the apply succeeds, and what they promise is missing.
Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/,
https://kubernetes.io/docs/tasks/run-application/configure-pdb/,
https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.checks.resolving import container_ports, number_of
from novaplan.errors import nearest
from novaplan.importers.kubernetes.index import TEMPLATES, labels_of
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "error"

_READ: Final = {"configmaps": "ConfigMap", "secrets": "Secret"}


def objects(cluster: Cluster) -> Iterator[Found]:
    """Autoscalers, budgets, policies, bindings and monitors without what they act on."""
    for item in cluster.of_kind("HorizontalPodAutoscaler", "VerticalPodAutoscaler", "ScaledObject"):
        yield from _scaler(cluster, item)
    for item in cluster.of_kind("PodDisruptionBudget"):
        selector = item.map(item.spec, "selector")
        if selector and not cluster.selected_by(item.namespace, selector):
            yield Found(
                label(item),
                f"selects {_shown(selector)}, which no pod here has: it protects nothing",
                "select the labels of the pods it is meant for",
                place(item, item.spec, "selector"),
            )
    for item in cluster.of_kind("NetworkPolicy"):
        selector = item.map(item.spec, "podSelector")
        if selector and not cluster.selected_by(item.namespace, selector):
            yield Found(
                label(item),
                f"applies to {_shown(selector)}, which no pod here has: it allows and forbids nothing",
                "select the labels of the pods it is meant for",
                place(item, item.spec, "podSelector"),
                "warning",
            )
        yield from _opened(cluster, item)
    for item in cluster.of_kind("RoleBinding", "ClusterRoleBinding"):
        yield from _binding(cluster, item)
    for item in cluster.of_kind("ServiceMonitor"):
        yield from _monitor(cluster, item)
    for item in cluster.of_kind("Role"):
        yield from _role(cluster, item)


def _opened(cluster: Cluster, item: Manifest) -> Iterator[Found]:
    """Ports that a policy opens, and that no selected pod declares."""
    selected = cluster.selected_by(item.namespace, item.map(item.spec, "podSelector"))
    known = {port for workload in selected for pair in container_ports(workload) for port in pair}
    for rule in item.maps(item.spec, "ingress") if known else ():
        for port in item.maps(rule, "ports"):
            asked = number_of(port.get("port"))
            shown = asked if asked is not None else text_of(port.get("port"))
            if shown is not None and shown not in known and "endPort" not in port:
                listed = ", ".join(sorted(str(one) for one in known if isinstance(one, int)))
                yield Found(
                    label(item),
                    f"opens port {shown}, and its pods declare {listed}: what they listen on stays closed",
                    "open the port that the containers declare",
                    place(item, port, "port"),
                    "warning",
                )


def _scaler(cluster: Cluster, item: Manifest) -> Iterator[Found]:
    field = "targetRef" if item.kind == "VerticalPodAutoscaler" else "scaleTargetRef"
    target = item.map(item.spec, field)
    kind, name = text_of(target.get("kind")) or "Deployment", text_of(target.get("name")) or ""
    if kind in TEMPLATES and name and not cluster.get(kind, item.namespace, name):
        own = [one.name for one in cluster.workloads if one.manifest.namespace == item.namespace]
        yield Found(
            label(item),
            f"scales {kind} {name}, which is not here{nearest(name, own)}: it scales nothing",
            "name the workload as it is called",
            place(item, target, "name"),
        )


def _binding(cluster: Cluster, item: Manifest) -> Iterator[Found]:
    role = item.map(item.value, "roleRef")
    kind, name = text_of(role.get("kind")) or "Role", text_of(role.get("name")) or ""
    if kind == "Role" and not cluster.get("Role", item.namespace, name):
        yield Found(
            label(item),
            f"binds the Role {name}, which is not here: it grants nothing",
            "name a Role that is here",
            place(item, role, "name"),
        )
    for subject in item.maps(item.value, "subjects"):
        account = text_of(subject.get("name")) or ""
        space = text_of(subject.get("namespace")) or item.namespace
        here = any((one.namespace or "default") == (space or "default") for one in cluster.workloads)
        known = account == "default" or cluster.get("ServiceAccount", space, account)
        if subject.get("kind") == "ServiceAccount" and here and not known:
            yield Found(
                label(item),
                f"grants rights to the ServiceAccount {account} of {space}, which is not here",
                "name an account that is here",
                place(item, subject, "name"),
                "warning",
            )


def _monitor(cluster: Cluster, item: Manifest) -> Iterator[Found]:
    wanted = labels_of(item.map(item.spec, "selector").get("matchLabels"))
    anywhere = bool(item.map(item.spec, "namespaceSelector"))
    services = [one for one in cluster.of_kind("Service") if anywhere or one.namespace == item.namespace]
    if wanted and not any(wanted.items() <= labels_of(one.metadata.get("labels")).items() for one in services):
        shown = _shown({"matchLabels": wanted})
        yield Found(
            label(item),
            f"selects Services with {shown}, and none here has that: nothing is measured",
            "select labels of the Service itself",
            place(item, item.spec, "selector"),
            "warning",
        )


def _role(cluster: Cluster, item: Manifest) -> Iterator[Found]:
    for rule in item.maps(item.value, "rules"):
        kinds = [_READ[text] for text in item.texts(rule, "resources") if text in _READ]
        for name in item.texts(rule, "resourceNames") if kinds else ():
            if not any(cluster.get(kind, item.namespace, name) for kind in kinds):
                text = f"allows the {' or '.join(kinds)} {name}, which is not here"
                yield Found(
                    label(item), text, "name one that is here, or add it", place(item, rule, "resourceNames"), "note"
                )


def _shown(selector: dict[str, object]) -> str:
    labels = labels_of(selector.get("matchLabels"))
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "labels"
