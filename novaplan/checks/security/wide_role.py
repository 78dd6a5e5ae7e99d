"""A role of the cluster allows what its holder needs, and no more.

A wildcard takes in whatever is added later; whoever may read every Secret of a namespace, or start pods in it, is
everybody there. A list or watch restricted by resourceNames is refused, since those verbs name no object.
Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Rules of roles, and bindings to cluster-admin."""
    for role in cluster.of_kind("Role", "ClusterRole"):
        for rule in role.maps(role.value, "rules"):
            yield from _rule(role, rule)
    for binding in cluster.of_kind("ClusterRoleBinding", "RoleBinding"):
        reference = binding.map(binding.value, "roleRef")
        if text_of(reference.get("name")) == "cluster-admin":
            message = "gives everything in the cluster to its subjects"
            where = place(binding, binding.value, "roleRef")
            yield Found(label(binding), message, "bind a role with what they need", where)


def _rule(role: Manifest, rule: dict[str, Any]) -> Iterator[Found]:
    verbs, resources = role.texts(rule, "verbs"), role.texts(rule, "resources")
    named = role.texts(rule, "resourceNames")
    if "*" in verbs or "*" in resources:
        what = "every verb" if "*" in verbs else "every resource"
        where = place(role, rule, "verbs" if "*" in verbs else "resources")
        yield Found(label(role), f"allows {what}, also those that come later", "name what is needed", where)
    elif "secrets" in resources and {"get", "list", "watch"} & set(verbs) and not named:
        message = "lets its holder read every Secret" + (" of the namespace" if role.kind == "Role" else "")
        yield Found(label(role), message, "name the Secrets under resourceNames", place(role, rule, "resources"))
    if named and {"list", "watch"} & set(verbs) and "*" not in resources:
        message = f"allows list or watch of {', '.join(resources)} by name, which the API refuses unless asked by name"
        remedy = "drop resourceNames for these verbs, or ask with fieldSelector metadata.name"
        yield Found(label(role), message, remedy, place(role, rule, "resourceNames"), severity="note")
