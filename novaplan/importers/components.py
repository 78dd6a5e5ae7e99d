"""Workloads of a draft as the services and datastores of a topology."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from novaplan.importers import naming, secrecy
from novaplan.importers.draft import Container, KeyOf, Port, Probes, Setting, Where, Workload
from novaplan.importers.recognition import Kind, main_container
from novaplan.topology.base import Place
from novaplan.topology.datastore import (
    Cluster,
    Connections,
    Database,
    Datastore,
    Deployment,
    Kafka,
    MemoryPolicy,
    Patroni,
    Persistence,
    Sentinel,
    Standalone,
)
from novaplan.topology.service import Container as ServiceContainer
from novaplan.topology.service import EnvVar, KeyRef, Protocol, Role, Service, Startup, Volume
from novaplan.topology.service import Port as ServicePort

_HTTP_NUMBERS: Final = frozenset((80, 3000, 5000, 8000, 8080, 8081, 8888))
_PROTOCOL_WORDS: Final[tuple[tuple[str, Protocol], ...]] = (
    ("metrics", "metrics"),
    ("prometheus", "metrics"),
    ("grpc", "grpc"),
    ("https", "https"),
    ("http", "http"),
    ("web", "http"),
    ("ws", "websocket"),
    ("rtmp", "rtmp"),
    ("udp", "udp"),
)
_VERSION = re.compile(r":([A-Za-z0-9][A-Za-z0-9_.\-]*)(?:@.*)?$")
_CREATE_DATABASE = re.compile(
    r"\bcreate[ \t]+database[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?[`\"\[]?([A-Za-z_][\w\-]{0,62})", re.IGNORECASE
)
_INIT_FOLDER: Final = "/docker-entrypoint-initdb.d"


def place(where: Where) -> Place:
    """A place of the draft as one of the topology."""
    return Place.model_construct(file=where.file, line=where.line, field=where.field)


def places(wheres: Iterable[Where]) -> tuple[Place, ...]:
    """Places, each once."""
    return tuple(place(where) for where in dict.fromkeys(wheres))


def service(workload: Workload, *, name: str, role: Role, wait_for: Sequence[str], secrets: frozenset[str]) -> Service:
    """``workload`` as a service; ``secrets`` are values that must not be in it."""
    return Service(
        name=name,
        namespace=workload.namespace,
        workload=workload.kind,
        role=role,
        optional=workload.optional,
        replicas=workload.replicas,
        autoscaling=workload.autoscaling,
        rollout=workload.rollout,
        disruption_budget=workload.disruption_budget,
        spread=workload.spread,
        startup=Startup(wait_for=tuple(wait_for)),
        termination=workload.termination,
        ports=_ports(workload),
        containers=_containers(workload, secrets),
        volumes=_volumes(workload),
        aliases=_aliases(workload, name),
        declared=places((workload.where, *workload.also_declared)),
    )


def datastore(workload: Workload, *, name: str, kind: Kind, secrets: frozenset[str]) -> Datastore:
    """``workload`` as a datastore of this kind, with the databases that its own configuration names."""
    container = main_container(workload)
    if container is None:
        raise ValueError("a workload without containers is no datastore")
    stored = [volume for volume in workload.volumes if volume.size is not None]
    version = _VERSION.search(container.image or "")
    ports = [port.port for port in workload.ports]
    return Datastore(
        name=name,
        kind=kind.kind,
        namespace=workload.namespace,
        version=version[1] if version else None,
        image=container.image,
        deployment=_deployment(workload, kind),
        port=next((port for port in ports if port in kind.ports), ports[0] if ports else None),
        resources=container.resources,
        storage=sum(volume.size or 0 for volume in stored) or None,
        storage_class=next((volume.storage_class for volume in stored if volume.storage_class), None),
        connections=_connections(container, kind),
        memory=_memory(container, kind),
        persistence=_persistence(container, kind),
        disruption_budget=workload.disruption_budget,
        spread=workload.spread,
        optional=workload.optional,
        databases=tuple(Database(name=item) for item in _databases(container, kind)),
        env=environment(container, secrets),
        aliases=_aliases(workload, name),
        declared=places((workload.where, *workload.also_declared)),
    )


def environment(container: Container, secrets: frozenset[str]) -> tuple[EnvVar, ...]:
    """The variables of a container, without a value that is secret or carries one."""
    found: dict[str, EnvVar] = {}
    for setting in container.settings:
        if setting.source == "env" and naming.is_label(setting.name):
            found[setting.name] = _variable(setting, secrets)
    return tuple(found.values())


def _variable(setting: Setting, secrets: frozenset[str]) -> EnvVar:
    text = setting.text if setting.written is None else setting.written
    hide = setting.secret is not None or text is None or text in secrets or secrecy.holds_secret(setting.name, text)
    return EnvVar(
        name=setting.name,
        value=None if hide else text,
        secret=key_ref(setting.secret),
        config=key_ref(setting.config),
        field=setting.pod_field,
    )


def key_ref(key: KeyOf | None) -> KeyRef | None:
    """A key of the draft as one of the topology."""
    if key is None or not naming.is_label(key.name) or not naming.is_label(key.key):
        return None
    return KeyRef(name=key.name, key=key.key, optional=key.optional)


def _containers(workload: Workload, secrets: frozenset[str]) -> tuple[ServiceContainer, ...]:
    names = naming.unique(container.name for container in workload.containers)
    return tuple(
        ServiceContainer(
            name=name,
            kind=container.kind,
            image=container.image,
            command=secrecy.cleaned_command(container.command, secrets),
            resources=container.resources,
            probes=_probes(container, secrets),
            env=environment(container, secrets),
        )
        for name, container in zip(names, workload.containers, strict=True)
    )


def _probes(container: Container, secrets: frozenset[str]) -> Probes:
    probes = container.probes
    changes = {}
    for kind in ("startup", "readiness", "liveness"):
        probe = getattr(probes, kind)
        if probe is not None and probe.command:
            changes[kind] = probe.model_copy(update={"command": secrecy.cleaned_command(probe.command, secrets)})
    return probes.model_copy(update=changes) if changes else probes


def _ports(workload: Workload) -> tuple[ServicePort, ...]:
    found: list[Port] = []
    sockets: set[tuple[int, bool]] = set()
    for port in workload.ports:
        socket = (port.target or port.port, port.protocol == "udp")
        if socket not in sockets and 0 < port.port < 65536:
            sockets.add(socket)
            found.append(port)
    names = naming.unique(port.name or f"port-{port.port}" for port in found)
    return tuple(
        ServicePort(
            name=name,
            port=port.port,
            target=port.target if port.target != port.port else None,
            protocol=port.protocol or protocol(port),
            published=port.published,
        )
        for name, port in zip(names, found, strict=True)
    )


def protocol(port: Port) -> Protocol:
    """What a port speaks, as far as its name and number tell."""
    text = (port.name or "").lower()
    for word, meaning in _PROTOCOL_WORDS:
        if word in text:
            return meaning
    number = port.target or port.port
    if number in (443, 8443):
        return "https"
    return "http" if number in _HTTP_NUMBERS or port.port in _HTTP_NUMBERS else "tcp"


def _volumes(workload: Workload) -> tuple[Volume, ...]:
    names = naming.unique(volume.name for volume in workload.volumes)
    return tuple(
        Volume(name=name, size=volume.size, per_replica=volume.per_replica)
        for name, volume in zip(names, workload.volumes, strict=True)
    )


def _aliases(workload: Workload, name: str) -> tuple[str, ...]:
    found = dict.fromkeys((*workload.hosts, workload.name))
    return tuple(host for host in found if host != name and naming.is_label(host))


def _deployment(workload: Workload, kind: Kind) -> Deployment:
    members = workload.replicas
    texts = " ".join(
        " ".join((container.image or "", container.name, *container.command[:3])) for container in workload.containers
    ).lower()
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
        return Sentinel(type="sentinel", members=members, sentinels=members, quorum=members // 2 + 1)
    return Cluster(type="cluster", members=members, failover=kind.takes_over or "repmgr" in texts or "galera" in texts)


def _databases(container: Container, kind: Kind) -> list[str]:
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


def _connections(container: Container, kind: Kind) -> Connections:
    options = _options(container)
    keys = {"postgres": "max_connections", "mysql": "max_connections", "redis": "maxclients"}
    key = keys.get(kind.kind, "")
    value = options.get(key) or options.get(key.replace("_", "-"), "")
    return Connections(max=int(value)) if value.isdecimal() and int(value[:9]) > 0 else Connections()


_SIZE = re.compile(r"(\d{1,12})(k|kb|m|mb|g|gb)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 10**3, "kb": 1 << 10, "m": 10**6, "mb": 1 << 20, "g": 10**9, "gb": 1 << 30}


def _memory(container: Container, kind: Kind) -> MemoryPolicy:
    if kind.kind != "redis":
        return MemoryPolicy()
    options = _options(container)
    size = _SIZE.fullmatch(options.get("maxmemory", ""))
    eviction = options.get("maxmemory-policy")
    most = int(size[1]) * _UNITS[(size[2] or "").lower()] if size else 0
    return MemoryPolicy(max=most or None, eviction=eviction if naming.is_label(eviction) else None)


def _persistence(container: Container, kind: Kind) -> Persistence:
    if kind.kind != "redis":
        return Persistence()
    options = _options(container)
    return Persistence(
        append_only=options.get("appendonly") == "yes", snapshots=bool(options.get("save", "").strip("\"' "))
    )
