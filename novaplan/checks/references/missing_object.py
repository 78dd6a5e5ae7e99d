"""Every ConfigMap, Secret, claim and service account that a pod asks for is there.

A volume of a ConfigMap or Secret that does not exist keeps the pod in ``ContainerCreating``, a variable of one keeps
the container in ``CreateContainerConfigError``, a claim that does not exist keeps the pod ``Pending``, and without its
service account no pod is made at all. None of these gives up, and none becomes healthy. Secrets are often made by hand
or by another tool: where these files hold no Secret of that namespace, a missing one is a warning.
Source: https://kubernetes.io/docs/concepts/configuration/configmap/#restrictions,
https://kubernetes.io/docs/concepts/configuration/secret/#restriction-secret-must-exist
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.usage import Use, uses
from novaplan.errors import nearest
from novaplan.findings import Severity
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE

SEVERITY = "error"

_EFFECTS: Final = {
    "volume": "the pod stays in ContainerCreating",
    "variable": "the container stays in CreateContainerConfigError",
    "envFrom": "the container stays in CreateContainerConfigError",
    "serviceAccountName": "no pod is made",
    "imagePullSecrets": "images of a private registry cannot be pulled",
}
_ALWAYS_THERE: Final = ("kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert")
"""ConfigMaps that the cluster itself puts into each namespace."""
_MAKERS: Final = (
    "Certificate",
    "ExternalSecret",
    "SealedSecret",
    "VaultStaticSecret",
    "InfisicalSecret",
    "OnePasswordItem",
)


def objects(cluster: Cluster) -> Iterator[Found]:
    """What pods name and no object here is, once for each pod and object."""
    told: set[tuple[str, str, str]] = set()
    for use in uses(cluster):
        kind, space, name = use.target
        if (
            use.optional
            or not name
            or name in _ALWAYS_THERE
            or cluster.get(kind, space, name)
            or (use.workload.label, kind, name) in told
        ):
            continue
        if kind == "Secret" and _is_made(cluster, space, name):
            continue
        told.add((use.workload.label, kind, name))
        effect = "the pod stays Pending" if kind == "PersistentVolumeClaim" else _EFFECTS[use.how.partition(" ")[0]]
        near = nearest(
            name, [item.name for item in cluster.of_kind(kind) if (item.namespace or DEFAULT_NAMESPACE) == space]
        )
        elsewhere = [item.namespace or DEFAULT_NAMESPACE for item in cluster.of_kind(kind) if item.name == name]
        where = f" (there is one in {' and '.join(sorted(elsewhere))})" if elsewhere else near
        yield Found(
            use.workload.label,
            f"{use.how} asks for the {kind} {name}, which namespace {space} does not have{where}: {effect}",
            f"add the {kind} to {space}, or name one that is there",
            use.where,
            _severity(cluster, use),
        )


def _severity(cluster: Cluster, use: Use) -> Severity | None:
    if use.how == "imagePullSecrets":
        return "warning"
    if use.kind != "Secret":
        return None
    known = any((item.namespace or DEFAULT_NAMESPACE) == use.workload.namespace for item in cluster.of_kind("Secret"))
    return None if known else "warning"


def _is_made(cluster: Cluster, space: str, name: str) -> bool:
    """Whether something here has a Secret of this name made."""
    for item in cluster.of_kind(*_MAKERS):
        target = item.spec.get("secretName")
        if target is None and isinstance(item.spec.get("target"), dict):
            target = item.spec["target"].get("name")
        if (item.namespace or DEFAULT_NAMESPACE) == space and (target or item.name) == name:
            return True
    return False
