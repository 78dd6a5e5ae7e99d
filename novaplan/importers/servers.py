"""What the configuration of a server says about it: how it is deployed, what it holds, what it allows."""

from __future__ import annotations

import re
from typing import Final

from novaplan.capacity.totals import pod_amounts
from novaplan.importers import naming
from novaplan.importers.draft import Container, Workload
from novaplan.importers.recognition import Kind
from novaplan.topology.base import replace
from novaplan.topology.datastore import (
    Cluster,
    Connections,
    Deployment,
    Kafka,
    MemoryPolicy,
    Patroni,
    Persistence,
    Sentinel,
    Standalone,
)
from novaplan.topology.service import Compute, Resources
from novaplan.topology.service import Container as ServiceContainer

_CREATE_DATABASE = re.compile(
    r"\bcreate[ \t]+database[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?[`\"\[]?([A-Za-z_][\w\-]{0,62})", re.IGNORECASE
)
_INIT_FOLDER: Final = "/docker-entrypoint-initdb.d"
_SIZE = re.compile(r"(\d{1,12})(k|kb|m|mb|g|gb)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 10**3, "kb": 1 << 10, "m": 10**6, "mb": 1 << 20, "g": 10**9, "gb": 1 << 30}


def deployment(workload: Workload, kind: Kind) -> Deployment:
    """How a datastore is deployed, as far as its replicas and programs tell."""
    members = workload.replicas
    texts = " ".join(map(_text, workload.containers))
    names = {setting.name for container in workload.containers for setting in container.settings}
    if kind.kind == "kafka":
        zookeeper = any("ZOOKEEPER" in name.upper() for name in names)
        return Kafka(type="kafka", brokers=max(members, 1), coordination="zookeeper" if zookeeper else "kraft")
    if kind.kind == "postgres" and (
        "patroni" in texts or "spilo" in texts or any(n.startswith("PATRONI_") for n in names)
    ):
        return Patroni(type="patroni", members=max(members, 1), etcd=None)
    if members < 2:
        return Standalone()
    if kind.kind == "redis" and "sentinel" in texts:
        beside = _sentinel(workload)
        return Sentinel(
            type="sentinel",
            members=members,
            sentinels=members,
            quorum=members // 2 + 1,
            sentinel_resources=beside.resources if beside else Resources(),
        )
    return Cluster(type="cluster", members=members, failover=kind.takes_over or "repmgr" in texts or "galera" in texts)


def _sentinel(workload: Workload) -> Container | None:
    """The container beside a Redis that watches it: its own figures are part of the deployment."""
    return next((item for item in workload.containers if item.kind != "main" and "sentinel" in _text(item)), None)


def _text(container: Container) -> str:
    return " ".join((container.image or "", container.name, *container.command[:3])).lower()


def resources(workload: Workload, container: Container, deployed: Deployment) -> Resources:
    """What one member takes in all: the server and the containers beside it, since a member is a pod. A figure that the
    server does not state stays unstated; a Sentinel's are those of the deployment."""
    sentinel = _sentinel(workload) if isinstance(deployed, Sentinel) else None
    pod = [
        ServiceContainer(name=f"c{number}", kind=item.kind, resources=item.resources)
        for number, item in enumerate(workload.containers)
        if item is not sentinel
    ]
    if len(pod) < 2:
        return container.resources
    amounts, _ = pod_amounts(pod)
    own = container.resources

    def of(stated: Compute, cpu: int, memory: int) -> Compute:
        changes = {"cpu": stated.cpu and cpu, "memory": stated.memory and memory}
        return replace(stated, **changes)

    return replace(
        own,
        requests=of(own.requests, amounts.cpu_request_millicores, amounts.memory_request_bytes),
        limits=of(own.limits, amounts.cpu_limit_millicores, amounts.memory_limit_bytes),
    )


def databases(container: Container, kind: Kind) -> list[str]:
    """The databases that a server makes for itself when it starts."""
    if kind.holds != "databases":
        return []
    found: dict[str, None] = {}
    for setting in container.settings:
        if setting.name in kind.database_env and setting.text:
            found.update(dict.fromkeys(re.split(r"[,;\s]+", setting.text.strip())))
    for file in container.files:
        if file.path.startswith(_INIT_FOLDER) or file.path.endswith(".sql"):
            found.update(dict.fromkeys(_CREATE_DATABASE.findall(file.text)))
    return [item for item in found if naming.is_label(item) and "$" not in item]


def _options(container: Container) -> dict[str, str]:
    """What the command line of a server sets: ``-c max_connections=200``, ``--maxmemory 512mb``, and so on."""
    found: dict[str, str] = {}
    for setting in container.settings:
        if setting.source == "argument" and setting.text is not None:
            key, mark, value = setting.text.partition("=")
            if setting.name in ("-c", "--config") and mark:
                found[key.strip()] = value.strip()
            else:
                found[setting.name.lstrip("-")] = setting.text
    return found


def connections(container: Container, kind: Kind) -> Connections:
    """How many clients it takes."""
    options = _options(container)
    keys = {"postgres": "max_connections", "mysql": "max_connections", "redis": "maxclients"}
    key = keys.get(kind.kind, "")
    value = options.get(key) or options.get(key.replace("_", "-"), "")
    return Connections(max=int(value)) if value.isdecimal() and int(value[:9]) > 0 else Connections()


def memory(container: Container, kind: Kind) -> MemoryPolicy:
    """What a memory store may hold."""
    if kind.kind != "redis":
        return MemoryPolicy()
    options = _options(container)
    size = _SIZE.fullmatch(options.get("maxmemory", ""))
    eviction = options.get("maxmemory-policy")
    most = int(size[1]) * _UNITS[(size[2] or "").lower()] if size else 0
    return MemoryPolicy(max=most or None, eviction=eviction if naming.is_label(eviction) else None)


def persistence(container: Container, kind: Kind) -> Persistence:
    """What a memory store writes to disk."""
    if kind.kind != "redis":
        return Persistence()
    options = _options(container)
    return Persistence(
        append_only=options.get("appendonly") == "yes", snapshots=bool(options.get("save", "").strip("\"' "))
    )
