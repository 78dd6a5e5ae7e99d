"""What the pods around a PostgreSQL have in common: template, security, volumes, disruption budgets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.credentials import server_secret
from novaplan.render.datastores.postgres import names
from novaplan.render.manifests import PREFIX, Manifest, without_absent
from novaplan.render.security import container_security, pod_security
from novaplan.render.spreading import spreading
from novaplan.render.workloads.containers import resources
from novaplan.render.workloads.volumes import claim_spec
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Resources, Spread

DIGEST: Final = PREFIX + "config-digest"
"""Annotation of pods: what their configuration was, so that they are replaced when it changes."""


def template(
    context: Context,
    datastore: Datastore,
    component: str,
    containers: Sequence[Mapping[str, Any]],
    *,
    user: int,
    group: int | None = None,
    spread: Spread,
    grace: int,
    volumes: Sequence[Mapping[str, Any]] = (),
    config: Mapping[str, str] | None = None,
    account: str | None = None,
    rolls: bool = False,
) -> dict[str, Any]:
    """The pods of one component; ``account`` is the service account of those that talk to the Kubernetes API."""
    notes = None if config is None else {DIGEST: _digest(config)}
    spec = {
        "serviceAccountName": account,
        "automountServiceAccountToken": account is not None,
        "enableServiceLinks": False,
        "securityContext": pod_security(user, group),
        **spreading(spread, names.pods(datastore, component), rolls=rolls),
        "terminationGracePeriodSeconds": grace,
        "containers": list(containers),
        "volumes": list(volumes) or None,
    }
    metadata = {"labels": context.labels(datastore.name, component), "annotations": notes}
    return {"metadata": without_absent(metadata), "spec": without_absent(spec)}


def stateful_set(
    context: Context,
    datastore: Datastore,
    name: str,
    component: str,
    *,
    governing: str,
    members: int,
    template: Mapping[str, Any],
    size: int | None,
    marks: Mapping[str, str] | None = None,
) -> Manifest:
    """Members with names and claims of their own; ``marks`` are annotations of the one that is the topology's own.

    They start side by side: who led last may be any of them, so none waits for one with a lower number."""
    spec = {
        "serviceName": governing,
        "replicas": members,
        "podManagementPolicy": "Parallel" if members > 1 else None,
        "selector": {"matchLabels": names.pods(datastore, component)},
        "template": dict(template),
        "volumeClaimTemplates": claims(context, datastore, "data", size),
    }
    return context.object(
        "apps/v1",
        "StatefulSet",
        name,
        datastore,
        generated=marks is None,
        annotations=marks,
        extra_labels=context.labels(datastore.name, component),
        spec=without_absent(spec),
    )


def container(
    name: str,
    image: str,
    *,
    stated: Resources,
    command: Sequence[str] | None = None,
    ports: Mapping[str, int],
    env: Sequence[Mapping[str, Any]] = (),
    probes: Mapping[str, Any],
    mounts: Mapping[str, str],
    read_only: bool = True,
    pause: int = 0,
) -> dict[str, Any]:
    """One container; ``mounts`` are folders by the names of their volumes, ``pause`` the seconds it goes on answering
    when it is to stop, so that whoever reaches it notices."""
    body = {
        "name": name,
        "image": image,
        "command": None if command is None else list(command),
        "ports": names.ports(**ports),
        "env": list(env) or None,
        "resources": resources(stated) or None,
        **probes,
        "lifecycle": {"preStop": {"sleep": {"seconds": pause}}} if pause else None,
        "securityContext": container_security(read_only=read_only),
        "volumeMounts": [{"name": volume, "mountPath": folder} for volume, folder in mounts.items()],
    }
    return without_absent(body)


def probe(kind: Mapping[str, Any], *, period: int = 10, timeout: int = 3, failures: int = 3) -> dict[str, Any]:
    """A health check."""
    return {**kind, "periodSeconds": period, "timeoutSeconds": timeout, "failureThreshold": failures}


def field(name: str, path: str) -> dict[str, Any]:
    """A variable that holds a field of the pod."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def password(name: str, datastore: Datastore, key: str) -> dict[str, Any]:
    """A variable that holds a password of the server; without it the container does not start."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": server_secret(datastore.name), "key": key}}}


def passwords(datastore: Datastore, keys: Sequence[str]) -> dict[str, Any]:
    """A volume with passwords of the server as files; without one of them the pod does not start."""
    items = [{"key": key, "path": key} for key in keys]
    secret = {"secretName": server_secret(datastore.name), "defaultMode": 0o440, "items": items}
    return {"name": "passwords", "secret": secret}


def files(name: str, config: str) -> dict[str, Any]:
    """A volume with the files of a ConfigMap."""
    return {"name": name, "configMap": {"name": config, "defaultMode": 0o555}}


def memory(name: str, size: str | None = None) -> dict[str, Any]:
    """A volume that is gone with its pod and never on a disk."""
    return {"name": name, "emptyDir": without_absent({"medium": "Memory", "sizeLimit": size})}


def claims(context: Context, datastore: Datastore, name: str, size: int | None) -> list[dict[str, Any]] | None:
    """The claim that each pod of a StatefulSet makes; None where the topology states no size."""
    if size is None:
        return None
    spec = claim_spec(size, "ReadWriteOnce", context.storage_class(datastore))
    return [{"metadata": {"name": name}, "spec": spec}]


def scratch(name: str, size: int | None) -> list[dict[str, Any]]:
    """The volume in place of a claim that the topology states no size of: it lives and dies with its pod."""
    return [{"name": name, "emptyDir": {}}] if size is None else []


def budget(
    context: Context, datastore: Datastore, component: str, name: str, amounts: Mapping[str, Any], *, generated: bool
) -> Manifest:
    """How many pods of a component an eviction may take."""
    spec = {**amounts, "selector": {"matchLabels": names.pods(datastore, component)}}
    extra = context.labels(datastore.name, component)
    return context.object(
        "policy/v1", "PodDisruptionBudget", name, datastore, generated=generated, extra_labels=extra, spec=spec
    )


def service(
    context: Context,
    datastore: Datastore,
    name: str,
    pods: Mapping[str, str],
    ports: Mapping[str, tuple[int, int | str]],
    *,
    headless: bool = False,
    generated: bool = True,
) -> Manifest:
    """A Service; ``ports`` are pairs of its port and the pods' port, by name."""
    body = {
        "clusterIP": "None" if headless else None,
        "publishNotReadyAddresses": True if headless else None,
        "selector": dict(pods),
        "ports": [{"name": key, "port": port, "targetPort": target} for key, (port, target) in ports.items()],
    }
    return context.object("v1", "Service", name, datastore, generated=generated, spec=without_absent(body))


def config_map(context: Context, datastore: Datastore, name: str, data: Mapping[str, str]) -> Manifest:
    """Files of a component."""
    return context.object("v1", "ConfigMap", name, datastore, generated=True, data=dict(data))


def _digest(config: Mapping[str, str]) -> str:
    text = "\0".join(f"{name}\0{content}" for name, content in sorted(config.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
