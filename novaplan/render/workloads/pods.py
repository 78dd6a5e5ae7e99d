"""The pod of a service: what all its containers share."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from novaplan.render.context import Context
from novaplan.render.manifests import PREFIX, Manifest, selector, without_absent
from novaplan.render.security import pod_security
from novaplan.render.spreading import spreading
from novaplan.render.workloads import configuration, volumes
from novaplan.render.workloads.containers import container, containers_of, seconds
from novaplan.render.workloads.waiting import waiting
from novaplan.topology.service import Service

CHECKSUM = PREFIX + "config-checksum"
"""Annotation of a pod: changes with its ConfigMaps, so that a change replaces the pods."""
_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_RESTARTS = {"job": "OnFailure", "cronjob": "OnFailure"}


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod's spec, its annotations, and which names in it are not the system's own."""

    spec: dict[str, Any]
    annotations: dict[str, str]
    generated: dict[str, list[str]]


def pod(context: Context, service: Service, config: Manifest | None) -> Pod:
    """The pod of ``service``; ``config`` is its ConfigMap."""
    items, invented = containers_of(service)
    made = {
        item.name: container(context, service, item, config if position == 0 else None)
        for position, item in enumerate(items)
    }
    wait = waiting(context, service, {item.name for item in items})
    first = [made[item.name] for item in items if item.kind in ("init", "native-sidecar")]
    spec = {
        **without_absent({"restartPolicy": _RESTARTS.get(service.workload)}),
        "serviceAccountName": service.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "imagePullSecrets": [{"name": name} for name in context.settings.pull_secrets] or None,
        "terminationGracePeriodSeconds": seconds(service.termination.grace),
        "securityContext": pod_security(_user(context, service), lowest_port=_lowest_port(service)),
        **spreading(service.spread, selector(service.name), rolls=service.workload == "deployment"),
        # Sidecars go first: whatever is waited for may be reached through them.
        "initContainers": [*_sidecars(first), *([wait] if wait else []), *_others(first)] or None,
        "containers": [made[item.name] for item in items if item.kind in ("main", "sidecar")],
        "volumes": volumes.volumes(context, service),
    }
    notes = {}
    if config is not None:
        notes[CHECKSUM] = _checksum(context, service, config)
    if len(items) > 1:
        notes[_DEFAULT_CONTAINER] = items[0].name
    names = {
        "containers": [items[0].name] if invented else [],
        "initContainers": [wait["name"]] if wait else [],
        "envFrom": [config["metadata"]["name"]] if config is not None else [],
        "volumes": volumes.generated(context, service),
    }
    return Pod(without_absent(spec), notes, {field: found for field, found in names.items() if found})


def _sidecars(first: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in first if "restartPolicy" in item]


def _others(first: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in first if "restartPolicy" not in item]


def _user(context: Context, service: Service) -> int:
    stated = context.program(service.name, service.main.image if service.main else None).user
    return stated or context.settings.run_as_user


def _lowest_port(service: Service) -> int:
    return min((port.listens_on for port in service.ports), default=65535)


def _checksum(context: Context, service: Service, config: Manifest) -> str:
    shared = context.once(configuration.referenced).get(context.namespace(service), {})
    names = sorted({item.config.name for one in service.containers for item in one.env if item.config is not None})
    told = [config["data"], *(shared[name] for name in names if name in shared)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
