"""The StatefulSets of a Redis, with their disruption budgets."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.datastores.redis.configuration import GRACE
from novaplan.render.datastores.redis.shape import (
    CONFIG,
    DATA,
    GROUP,
    IMAGE,
    PASSWORD_KEY,
    SENTINEL,
    SERVER,
    USER,
    Shape,
)
from novaplan.render.endpoints import SENTINEL_PORT, sentinel_service
from novaplan.render.manifests import Manifest, generated, selector, without_absent
from novaplan.render.security import container_security, pod_security
from novaplan.render.spreading import spreading
from novaplan.render.workloads.containers import resources
from novaplan.render.workloads.pods import CHECKSUM
from novaplan.render.workloads.probes import probe_body, probe_port
from novaplan.render.workloads.scaling import budget
from novaplan.render.workloads.variables import variable
from novaplan.render.workloads.volumes import claim_spec
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import DisruptionBudget, Port, Probe, Probes, Resources

REDIS: Final = "redis"
"""The name of the server's container and of its port."""
_DATA_VOLUME: Final = "data"
_CONFIG_VOLUME: Final = "config"


def objects(shape: Shape, config: Manifest) -> list[Manifest]:
    """The StatefulSet of the servers, that of separate Sentinels, and what protects them; ``config`` is their
    ConfigMap."""
    found = [_servers(shape, config)]
    sentinel = shape.sentinel
    stated = shape.datastore.disruption_budget
    if stated is not None:
        found.append(_budget(shape, shape.name, SERVER, stated))
    elif sentinel is not None and sentinel.members > 1:
        found.append(_budget(shape, shape.name, SERVER, _one_at_a_time(), made=True))
    if sentinel is not None and shape.separate:
        found.append(_separate_sentinels(shape, config))
        name = sentinel_service(shape.datastore)
        found.append(_budget(shape, name, SENTINEL, _one_at_a_time(), made=True))
    return found


def _one_at_a_time() -> DisruptionBudget:
    return DisruptionBudget(max_unavailable=1)


def _budget(shape: Shape, name: str, role: str, stated: DisruptionBudget, *, made: bool = False) -> Manifest:
    spec = {**budget(stated), "selector": {"matchLabels": selector(shape.name, role)}}
    return shape.context.object("policy/v1", "PodDisruptionBudget", name, shape.datastore, generated=made, spec=spec)


def _servers(shape: Shape, config: Manifest) -> Manifest:
    store = shape.datastore
    beside = [_sentinel(shape)] if shape.sentinel is not None and not shape.separate else []
    return _stateful_set(
        shape,
        config,
        name=shape.name,
        role=SERVER,
        replicas=store.members,
        service=shape.headless,
        containers=[_server(shape), *beside],
        grace=GRACE,
        storage=store.storage,
    )


def _separate_sentinels(shape: Shape, config: Manifest) -> Manifest:
    """Sentinels in pods of their own. What they know lives as long as the pod: a new one asks the others."""
    assert shape.sentinel is not None
    return _stateful_set(
        shape,
        config,
        name=sentinel_service(shape.datastore),
        role=SENTINEL,
        replicas=shape.sentinel.sentinels,
        service=shape.sentinel_headless,
        containers=[_sentinel(shape)],
        grace=10,
        storage=None,
        made=True,
    )


def _stateful_set(
    shape: Shape,
    config: Manifest,
    *,
    name: str,
    role: str,
    replicas: int,
    service: str,
    containers: list[dict[str, Any]],
    grace: int,
    storage: int | None,
    made: bool = False,
) -> Manifest:
    labels = selector(shape.name, role)
    volumes: list[dict[str, Any]] = [{"name": _CONFIG_VOLUME, "configMap": {"name": shape.config}}]
    if storage is None:
        volumes.append({"name": _DATA_VOLUME, "emptyDir": {}})
    checksum = hashlib.sha256(json.dumps(config["data"], sort_keys=True).encode()).hexdigest()[:16]
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace,
        "securityContext": pod_security(_user(shape), GROUP),
        **spreading(shape.datastore.spread, labels),
        "containers": containers,
        "volumes": volumes,
    }
    spec = {
        "serviceName": service,
        "replicas": replicas,
        # Members find each other by asking around, so none waits for another one to be ready.
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": shape.context.labels(shape.name, role), "annotations": {CHECKSUM: checksum}},
            "spec": pod,
        },
        "volumeClaimTemplates": _claims(shape, storage),
    }
    return shape.context.object(
        "apps/v1",
        "StatefulSet",
        name,
        shape.datastore,
        generated=made,
        annotations=generated(volumes=[volume["name"] for volume in volumes]),
        extra_labels={"app.kubernetes.io/component": role},
        spec=without_absent(spec),
    )


def _user(shape: Shape) -> int:
    return shape.context.program(shape.name, image(shape.context, shape.datastore, REDIS)).user or USER


def _claims(shape: Shape, storage: int | None) -> list[dict[str, Any]] | None:
    if storage is None:
        return None
    spec = claim_spec(storage, "ReadWriteOnce", shape.context.storage_class(shape.datastore))
    return [{"metadata": {"name": _DATA_VOLUME}, "spec": spec}]


def image(context: Context, datastore: Datastore, container: str) -> str:
    """The image of a container: what the settings say of it, else the stated one. The registry and tag of the settings
    are those of the system's own services."""
    usual = f"redis:{datastore.version}-alpine" if datastore.version else IMAGE
    return context.chosen_image(datastore.name, container) or datastore.image or usual


def _server(shape: Shape) -> dict[str, Any]:
    store = shape.datastore
    stop = {"preStop": {"exec": {"command": ["sh", f"{CONFIG}/hand-over.sh"]}}}
    own = _variables(shape)
    taken = {item["name"] for item in own}
    body = {
        **_container(shape, REDIS, shape.port, "start.sh", store.resources),
        "env": [*own, *(variable(store.name, item) for item in store.env if item.name not in taken)],
        **_probes(shape),
        "lifecycle": stop if shape.sentinel is not None else None,
    }
    return without_absent(body)


def _sentinel(shape: Shape) -> dict[str, Any]:
    assert shape.sentinel is not None
    body = {
        **_container(shape, SENTINEL, SENTINEL_PORT, "sentinel.sh", shape.sentinel.sentinel_resources),
        "env": _variables(shape),
        "startupProbe": probe_body(
            _probe(type="tcp", period="2s", failure_threshold=30), SENTINEL, may_succeed_often=False
        ),
        "readinessProbe": probe_body(_answers(SENTINEL_PORT), None, may_succeed_often=True),
        "livenessProbe": probe_body(_probe(type="tcp", timeout="5s"), SENTINEL, may_succeed_often=False),
    }
    return without_absent(body)


def _container(shape: Shape, name: str, port: int, script: str, stated: Resources) -> dict[str, Any]:
    return {
        "name": name,
        "image": image(shape.context, shape.datastore, name),
        "command": ["sh", f"{CONFIG}/{script}"],
        "ports": [{"name": name, "containerPort": port}],
        "resources": resources(stated) or None,
        "securityContext": container_security(),
        "volumeMounts": [
            {"name": _DATA_VOLUME, "mountPath": DATA},
            {"name": _CONFIG_VOLUME, "mountPath": CONFIG, "readOnly": True},
        ],
    }


def _variables(shape: Shape) -> list[dict[str, Any]]:
    """What the scripts need to know. redis-cli takes the password from the first, so health checks need none."""
    password = {"name": "REDISCLI_AUTH", "valueFrom": {"secretKeyRef": {"name": shape.secret, "key": PASSWORD_KEY}}}
    if shape.sentinel is None:
        return [password]
    fields = {"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace"}
    return [
        password,
        *({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in fields.items()),
    ]


def _answers(port: int) -> Probe:
    """PONG is the answer of a server that serves: redis-cli succeeds with an error as well."""
    command = ["sh", "-c", f"redis-cli -p {port} ping | grep -q PONG"]
    return _probe(type="exec", command=command, period="5s", timeout="3s", failure_threshold=2)


def _probe(**written: object) -> Probe:
    """A health check as a file writes it."""
    return Probe.model_validate(written)


def _probes(shape: Shape) -> dict[str, Any]:
    """The stated health checks; where none is stated, those that a Redis needs."""
    stated = shape.datastore.probes
    if stated == Probes():
        stated = Probes(
            startup=_probe(type="tcp", period="5s", failure_threshold=30),
            readiness=_answers(shape.port),
            liveness=_probe(type="tcp", initial_delay="30s", timeout="5s"),
        )
    ports = (Port(name=REDIS, port=shape.port, protocol="tcp"),)
    return {
        f"{kind}Probe": probe_body(
            probe,
            None if probe.type == "exec" else probe_port(ports, probe) or REDIS,
            may_succeed_often=kind == "readiness",
        )
        for kind, probe in (("startup", stated.startup), ("readiness", stated.readiness), ("liveness", stated.liveness))
        if probe is not None
    }
