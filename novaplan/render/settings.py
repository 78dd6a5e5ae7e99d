"""What a rendering needs to know and a topology does not say: where images come from, which classes, which hosts."""

import re
from typing import Annotated, Final, Literal, LiteralString

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from novaplan.topology.base import Count, HostName, Label, Milliseconds, Model, Name, PortNumber, Positive, defaults_of
from novaplan.topology.service import Resources

SecretsForm = Literal["placeholder", "external-secrets", "sealed-secrets", "generate"]
Layout = Literal["plain", "kustomize", "helm", "compose"]
Language = Literal["en", "zh"]

_HOST: Final = r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]+)?"
_PATH: Final = r"[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
_TAG: Final = r"\w[\w.-]{0,127}"


def _checked(pattern: str, message: LiteralString) -> AfterValidator:
    known = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if known.fullmatch(text) is None:
            raise PydanticCustomError("reference", message)
        return text

    return AfterValidator(check)


# As https://github.com/distribution/reference writes them; a kubelet takes nothing else.
Registry = Annotated[
    Label,
    _checked(f"{_HOST}(/{_PATH})*", "should be a host, a port and a path as in r.example:5000/team, without https://"),
]
Tag = Annotated[Label, _checked(_TAG, "should be a tag as in 1.4.2: letters, digits, '.', '_' and '-'")]
Reference = Annotated[
    Label,
    _checked(
        f"({_HOST}/)?{_PATH}(/{_PATH})*(:{_TAG})?(@[a-z0-9]+:[0-9a-f]+)?",
        "should be an image as in r.example/team/name:1.4.2, without https://",
    ),
]


class Tools(Model):
    """Images of the helpers that a topology does not name, pinned to a version."""

    wait: Reference = "busybox:1.36.1"
    """Waits for start-up tiers; needs ``sh`` and ``nc``."""
    patroni: Reference = "ghcr.io/zalando/spilo-15:3.0-p1"
    """PostgreSQL with Patroni, used where a topology's own image is PostgreSQL alone; needs ``patroni`` on the path."""
    patroni_bin_dir: Label = "/usr/lib/postgresql/15/bin"
    """Where that image keeps the programs of PostgreSQL."""
    patroni_user: Positive = 101
    patroni_group: Positive = 103
    etcd: Reference = "quay.io/coreos/etcd:v3.5.17"
    haproxy: Reference = "haproxy:2.8-alpine"
    pgbouncer: Reference = "edoburu/pgbouncer:v1.23.1-p2"


class Ingress(Model):
    """How routes reach the cluster."""

    class_name: Name | None = "nginx"
    """Absent: the cluster's default class."""
    controller_namespace: Name | None = "ingress-nginx"
    """Whose pods may reach the routed services. Absent: any namespace."""
    host: HostName | None = None
    """For routes that name no host. Absent: any host."""
    tls_secret: HostName | None = None
    """For routes that ask for TLS and name no secret."""


class Network(Model):
    """What the network policies let through beside the system's own dependencies, and how ports are published."""

    dns_namespace: Name | None = "kube-system"
    """Where the cluster's DNS servers run. Absent: any namespace."""
    monitoring_namespace: Name | None = "monitoring"
    """Whose pods may read the ports for metrics. Absent: any namespace."""
    external_ports: dict[Label, tuple[PortNumber, ...]] = Field(default_factory=dict)
    """Ports of externals by their kind, for those whose addresses name none; 443 for other kinds."""
    public: Literal["LoadBalancer", "NodePort"] = "LoadBalancer"
    """The type of the Services behind ports that are published without a route."""


class Image(Model):
    """What the program in an image needs of the pod it runs in."""

    user: Positive | None = None
    """The user it is made to run as."""
    writable: tuple[str, ...] = ()
    """Folders it writes to; the rest of its file system is read-only."""


class ExternalSecrets(Model):
    """Where External Secrets finds the values."""

    store: Label = "cluster-secrets"
    store_kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    refresh: Milliseconds = 3_600_000


class Environment(Model):
    """What differs where a system runs: one overlay of a kustomization, one values file of a chart."""

    name: Name
    replicas: dict[Name, Count] = Field(default_factory=dict)
    """By service; others keep what the topology says."""
    images: dict[str, Reference] = Field(default_factory=dict)
    """By ``service`` or ``service/container``: the whole reference."""
    hosts: dict[str, HostName] = Field(default_factory=dict)
    """Another host for a host of the topology."""
    storage_class: Name | None = None


class Settings(Model):
    """All of it. A field that is absent leaves the choice to the cluster."""

    format: Literal["novaplan/render/v1"] = "novaplan/render/v1"
    name: str = "render"
    description: str = ""
    environment: Name = "production"
    """The environment that plain manifests are for."""
    environments: Annotated[tuple[Environment, ...], Field()] = ()
    """Overlays and values files; the one named by ``environment`` holds for plain manifests too."""
    system: Label | None = None
    """What the system is called in labels and in names of its Ingresses. Absent: as the topology is. Where topologies
    of one system have names of their own, one that stays keeps labels and Ingresses what they are."""
    namespace: Name | None = None
    """For what the topology puts in none. Absent: the namespace of kubectl's context."""
    registry: Registry | None = None
    """Where every image of the system's own services comes from, as ``registry/image``, instead of its own registry."""
    tag: Tag | None = None
    """Instead of the tag of every image of the system's own services."""
    images: dict[str, Reference] = Field(default_factory=dict)
    """By ``component`` or ``component/container``: the whole reference; a digest is the safest."""
    pull_secrets: tuple[HostName, ...] = ()
    """Secrets with which the services' images are pulled; whoever runs the registry makes them."""
    storage_class: Name | None = None
    """For every claim whose datastore names none. Absent: the cluster's default class."""
    externals: dict[HostName, HostName] = Field(default_factory=dict)
    """Where a datastore or external is reached that somebody else runs, by its name in the topology."""
    standby_of: dict[HostName, HostName] = Field(default_factory=dict)
    """For a new PostgreSQL with Patroni, by its name: the host of the server whose data it copies and follows, until
    ``patronictl`` makes it a primary one. Read once, when the cluster is made; it logs in there as ``replicator``, and
    takes the slot that is called like the datastore, with ``_`` for ``-``, and ``_standby``."""
    disabled: tuple[HostName, ...] = ()
    """Optional components that are switched off: they are left out, with everything that leads to them."""
    ingress: Ingress = defaults_of(Ingress)
    network: Network = defaults_of(Network)
    external_secrets: ExternalSecrets = defaults_of(ExternalSecrets)
    tools: Tools = defaults_of(Tools)
    wait_resources: Resources = Field(
        default_factory=lambda: Resources.model_validate(
            {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "50m", "memory": "32Mi"}}
        )
    )
    """Of the container that waits for a start-up tier; it runs before the others, so it adds nothing to a pod."""
    wait_limit: Milliseconds = 600_000
    """After this the container that waits gives up and fails, so that a missing dependency is seen."""
    run_as_user: Positive = 10001
    """Of services: the restricted Pod Security Standard wants a user that is not root."""
    programs: dict[str, Image] = Field(default_factory=dict)
    """What images need, by component or by the last part of the image's name."""
    mounts: dict[str, str] = Field(default_factory=dict)
    """Where volumes are mounted, by ``service/volume``; others under ``/data``."""
    schedules: dict[Name, str] = Field(default_factory=dict)
    """When cron jobs run, by service; one without a schedule is suspended."""
    keep_old_names: bool = False
    """Keep a Service under every alias of a service, and under every name that was merged into it."""
    cluster_domain: HostName = "cluster.local"
    kubernetes: tuple[Label, ...] = ("1.35", "1.36", "1.37")
    """Minor versions whose schemas ``--validate`` holds the objects against."""
