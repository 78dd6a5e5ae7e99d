"""What an importer reads, before anything is concluded from it.

Both importers fill a Draft; ``derivation`` turns it into a topology. A draft alone holds values of secrets, because
addresses are found in them; nothing here prints them: their fields are left out of ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from novaplan.topology.records import Record
from novaplan.topology.service import (
    Autoscaling,
    ContainerKind,
    DisruptionBudget,
    Probes,
    Protocol,
    Resources,
    Rollout,
    Spread,
    Termination,
)
from novaplan.topology.service import Workload as WorkloadKind

__all__ = [
    "Backend",
    "Container",
    "ContainerKind",
    "Draft",
    "KeyOf",
    "Mount",
    "MountKind",
    "MountedFile",
    "NamedObject",
    "Note",
    "NoteKind",
    "Port",
    "Probes",
    "Protocol",
    "Redirect",
    "Resources",
    "Route",
    "Secret",
    "Setting",
    "Source",
    "Volume",
    "Wait",
    "Where",
    "Workload",
    "WorkloadKind",
]

# What nothing is said about; frozen, so one value serves all.
_NO_RESOURCES = Resources()
_NO_PROBES = Probes()
_USUAL_ROLLOUT = Rollout()
_NO_SPREAD = Spread()
_USUAL_TERMINATION = Termination()


@dataclass(frozen=True, slots=True)
class Where:
    """Where something was written: file, line (from 1), and the field or variable."""

    file: str
    line: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class KeyOf:
    """One key of a Secret or of a configuration object."""

    name: str
    key: str
    optional: bool = False


Source = Literal["env", "argument", "other"]
"""Where a setting reaches the program: a variable, an argument or flag, or something else (a label, a custom field)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One piece of configuration that a container sees: a variable, or an argument."""

    name: str
    """The variable; the flag with its dashes (``--redis-addr``); empty for an argument that has no name."""
    text: str | None = field(repr=False)
    """The value with everything expanded, in memory only; None when it is not known here."""
    where: Where
    source: Source = "env"
    written: str | None = field(default=None, repr=False)
    """The value as it was written, before ``$(VAR)`` was expanded, where that differs."""
    secret: KeyOf | None = None
    """The secret key that the value comes from."""
    config: KeyOf | None = None
    """The key of a configuration object that the value comes from."""
    pod_field: str | None = None
    """The field of the pod that the value comes from, such as ``metadata.name``."""
    shared: str | None = None
    """What several different programs take whole and unread (``configmap shop/common``, an env file): a server that is
    named there is not shown to be used by each of them. None for what was given to this workload on purpose."""


@dataclass(frozen=True, slots=True)
class MountedFile:
    """A configuration file that a container sees."""

    path: str
    """In the container."""
    text: str = field(repr=False)
    where: Where
    """``line`` is that of the first line of the text."""
    secret: bool = False
    shared: str | None = None
    """As for a Setting: what several different programs mount alike."""


MountKind = Literal["config", "secret", "empty", "claim", "host", "other"]
"""What is mounted: texts, texts of a Secret, a folder that goes with the pod or container, storage that outlives it, a
path of the machine, something else."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A path in a container that comes from outside its image."""

    path: str
    kind: MountKind
    where: Where
    name: str = ""
    """Of the volume, or the path on the machine."""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a workload."""

    name: str
    image: str | None = None
    kind: ContainerKind = "main"
    command: tuple[str, ...] = field(default=(), repr=False)
    """Entry point and arguments as they were written, nothing expanded."""
    resources: Resources = _NO_RESOURCES
    probes: Probes = _NO_PROBES
    settings: tuple[Setting, ...] = ()
    """Variables first, in the order the program sees them, then the arguments (expanded)."""
    files: tuple[MountedFile, ...] = ()
    mounts: tuple[Mount, ...] = ()


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a workload listens on, or is reached at."""

    port: int
    """The port clients use."""
    name: str | None = None
    target: int | None = None
    """The port the container listens on, where it differs."""
    protocol: Protocol | None = None
    """None: to be told from the name and the number."""
    published: int | None = None
    """The port on the host or the load balancer."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Storage that a workload mounts."""

    name: str
    size: int | None = None
    """In bytes."""
    per_replica: bool = False
    storage_class: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What must run before a workload starts, or is linked to it (``depends_on``, ``links``)."""

    host: str
    where: Where
    ordered: bool = True
    """It decides the start order (``depends_on``); a plain link does not."""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Workload:
    """One deployable unit, whatever it will turn out to be: a service or a datastore."""

    name: str
    where: Where
    namespace: str | None = None
    kind: WorkloadKind = "deployment"
    replicas: int = 1
    hosts: tuple[str, ...] = ()
    """Every name it answers to inside its namespace, shortest form (``db``, not ``db.shop.svc.cluster.local``): the
    names of its Services, or the service, container and host names and the network aliases of compose."""
    ports: tuple[Port, ...] = ()
    containers: tuple[Container, ...] = ()
    waits: tuple[Wait, ...] = ()
    volumes: tuple[Volume, ...] = ()
    autoscaling: Autoscaling | None = None
    rollout: Rollout = _USUAL_ROLLOUT
    disruption_budget: DisruptionBudget | None = None
    spread: Spread = _NO_SPREAD
    termination: Termination = _USUAL_TERMINATION
    optional: bool = False
    """Switched off unless asked for."""
    also_declared: tuple[Where, ...] = ()
    """Further places that speak of it: its Services, autoscalers, budgets, the other files of a merge."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A name that only stands for another: a Service of type ExternalName, a host entry of compose."""

    name: str
    target: str
    """A host name, or an address."""
    where: Where
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Backend:
    """What answers a route: a host inside the namespace, and a port by number or name."""

    host: str
    port: int | str | None = None
    weight: int = 1
    """Relative to the other backends."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path or port that the outside reaches."""

    backends: tuple[Backend, ...]
    where: Where
    namespace: str | None = None
    host: str | None = None
    path: str | None = None
    match: Literal["prefix", "exact", "regex"] = "prefix"
    protocol: Protocol = "http"
    listen: int | None = None
    tls: bool = False
    tls_secret: str | None = None
    rewrite: str | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by name, with the names of its keys, never their values."""

    name: str
    where: Where
    namespace: str | None = None
    type: str = "Opaque"
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object that is known by its name: a configuration object, a namespace, one the model has no place for."""

    kind: str
    name: str
    where: Where
    namespace: str | None = None
    api_version: str = ""


NoteKind = Literal["read", "left out", "uncertain"]


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the report. ``message`` never holds a value of a setting."""

    kind: NoteKind
    message: str
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that was read."""

    name: str = "system"
    workloads: tuple[Workload, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    off: frozenset[str] = frozenset()
    """Host names of what is declared but switched off."""
    routes: tuple[Route, ...] = ()
    secrets: tuple[Secret, ...] = ()
    configs: tuple[NamedObject, ...] = ()
    """Configuration objects (ConfigMaps, compose configs), whose wiring is in the settings."""
    namespaces: tuple[NamedObject, ...] = ()
    unmodelled: tuple[NamedObject, ...] = ()
    notes: tuple[Note, ...] = ()
    default_namespace: str | None = None
    """The namespace in which objects live that name none (``default`` in Kubernetes, none in compose)."""
    records: tuple[Record, ...] = ()
    """What novaplan recorded beside what it rendered."""
