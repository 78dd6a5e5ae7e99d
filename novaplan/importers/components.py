"""Workloads of a draft as the services and datastores of a topology."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from novaplan.importers import naming, servers
from novaplan.importers.draft import Container, KeyOf, Port, Probes, Setting, Where, Workload
from novaplan.importers.recognition import Kind, main_container
from novaplan.importers.secrecy import Secrets
from novaplan.topology.base import Place
from novaplan.topology.datastore import Database, Datastore
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


def place(where: Where) -> Place:
    """A place of the draft as one of the topology."""
    return Place(file=where.file, line=where.line, field=where.field)


def places(wheres: Iterable[Where]) -> tuple[Place, ...]:
    """Places, each once."""
    return tuple(place(where) for where in dict.fromkeys(wheres))


_NO_STARTUP = Startup()


class Components:
    """Makes services and datastores. ``secrets`` are the values that must not be in them.

    Workloads have many variables in common, so each different one is looked at and made once.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._variables: dict[tuple[object, ...], EnvVar] = {}
        self._ports: dict[tuple[Port, ...], tuple[ServicePort, ...]] = {}

    def service(self, workload: Workload, *, name: str, role: Role, wait_for: Sequence[str]) -> Service:
        """``workload`` as a service."""
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
            startup=Startup(wait_for=tuple(wait_for)) if wait_for else _NO_STARTUP,
            termination=workload.termination,
            ports=self._ports_of(workload.ports),
            containers=self._containers(workload),
            volumes=_volumes(workload),
            aliases=_aliases(workload, name),
            declared=places((workload.where, *workload.also_declared)),
        )

    def datastore(self, workload: Workload, *, name: str, kind: Kind) -> Datastore:
        """``workload`` as a datastore of this kind, with the databases that its own configuration names."""
        container = main_container(workload)
        if container is None:
            raise ValueError("a workload without containers is no datastore")
        stored = [volume for volume in workload.volumes if volume.size is not None]
        version = _VERSION.search(container.image or "")
        ports = [port.port for port in workload.ports]
        deployment = servers.deployment(workload, kind)
        return Datastore(
            name=name,
            kind=kind.kind,
            namespace=workload.namespace,
            version=version[1] if version else None,
            image=container.image,
            deployment=deployment,
            port=next((port for port in ports if port in kind.ports), ports[0] if ports else None),
            resources=servers.resources(workload, container, deployment),
            storage=sum(volume.size or 0 for volume in stored) or None,
            storage_class=next((volume.storage_class for volume in stored if volume.storage_class), None),
            connections=servers.connections(container, kind),
            memory=servers.memory(container, kind),
            persistence=servers.persistence(container, kind),
            disruption_budget=workload.disruption_budget,
            spread=workload.spread,
            optional=workload.optional,
            databases=tuple(Database(name=item) for item in servers.databases(container, kind)),
            env=self._environment(container),
            aliases=_aliases(workload, name),
            declared=places((workload.where, *workload.also_declared)),
        )

    def _ports_of(self, ports: tuple[Port, ...]) -> tuple[ServicePort, ...]:
        if ports not in self._ports:
            self._ports[ports] = _service_ports(ports)
        return self._ports[ports]

    def _environment(self, container: Container) -> tuple[EnvVar, ...]:
        """The variables of a container, without a value that is secret or carries one."""
        found: dict[str, EnvVar] = {}
        for setting in container.settings:
            if setting.source == "env" and naming.is_label(setting.name):
                found[setting.name] = self._variable(setting)
        return tuple(found.values())

    def _variable(self, setting: Setting) -> EnvVar:
        text = setting.text if setting.written is None else setting.written
        key = (setting.name, text, setting.secret, setting.config, setting.pod_field)
        known = self._variables.get(key)
        if known is None:
            hide = setting.secret is not None or text is None or self._secrets.are_in(setting.name, text)
            known = self._variables[key] = EnvVar(
                name=setting.name,
                value=None if hide else text,
                secret=key_ref(setting.secret),
                config=key_ref(setting.config),
                field=setting.pod_field,
            )
        return known

    def _containers(self, workload: Workload) -> tuple[ServiceContainer, ...]:
        names = naming.unique(container.name for container in workload.containers)
        return tuple(
            ServiceContainer(
                name=name,
                kind=container.kind,
                image=container.image,
                command=self._secrets.cleaned_command(container.command),
                resources=container.resources,
                probes=self._probes(container),
                env=self._environment(container),
            )
            for name, container in zip(names, workload.containers, strict=True)
        )

    def _probes(self, container: Container) -> Probes:
        probes = container.probes
        changes = {}
        for kind in ("startup", "readiness", "liveness"):
            probe = getattr(probes, kind)
            if probe is not None and probe.command:
                changes[kind] = probe.model_copy(update={"command": self._secrets.cleaned_command(probe.command)})
        return probes.model_copy(update=changes) if changes else probes


def key_ref(key: KeyOf | None) -> KeyRef | None:
    """A key of the draft as one of the topology."""
    if key is None or not naming.is_label(key.name) or not naming.is_label(key.key):
        return None
    return KeyRef(name=key.name, key=key.key, optional=key.optional)


def _service_ports(ports: Iterable[Port]) -> tuple[ServicePort, ...]:
    found: list[Port] = []
    sockets: set[tuple[int, bool]] = set()
    for port in ports:
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
