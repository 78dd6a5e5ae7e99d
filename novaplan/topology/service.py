"""Services: the deployable units, with everything that decides how they run."""

from typing import Annotated, Literal

from pydantic import Field

from novaplan.topology.base import (
    Bytes,
    Count,
    CountOrPercent,
    Label,
    Millicores,
    Milliseconds,
    Model,
    Name,
    Names,
    Percent,
    Places,
    PortNumber,
    Positive,
    by_name,
    defaults_of,
)

Role = Literal["core", "wrapper", "gateway", "worker", "infrastructure"]
Workload = Literal["deployment", "statefulset", "daemonset", "job", "cronjob", "replicaset", "pod"]
Protocol = Literal["http", "https", "grpc", "websocket", "rtmp", "tcp", "udp", "metrics"]


class Compute(Model):
    """An amount of CPU and memory; an absent one is not set, which is not the same as zero."""

    cpu: Millicores | None = None
    """CPU in millicores."""
    memory: Bytes | None = None
    """Memory in bytes."""


class Resources(Model):
    """What one container asks for and may use at most, as Kubernetes uses the words."""

    requests: Compute = defaults_of(Compute)
    limits: Compute = defaults_of(Compute)


class Probe(Model):
    """One health check of a container. Defaults are those of Kubernetes."""

    type: Literal["http", "tcp", "exec", "grpc"] = "http"
    path: str | None = None
    """Path of an HTTP probe."""
    port: Label | PortNumber | None = None
    """Name or number of the port; absent for exec probes."""
    command: tuple[str, ...] = ()
    """Command of an exec probe."""
    initial_delay: Milliseconds = 0
    period: Milliseconds = 10_000
    timeout: Milliseconds = 1_000
    failure_threshold: Positive = 3
    success_threshold: Positive = 1


class Probes(Model):
    """The three health checks of a container."""

    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None


class KeyRef(Model):
    """One key of a Secret or of a ConfigMap."""

    name: Label
    key: Label
    optional: bool = False


class EnvVar(Model):
    """One environment variable: a plain value, or where the value comes from. Values of secrets are never held."""

    name: Label
    value: str | None = None
    secret: KeyRef | None = None
    config: KeyRef | None = None
    """The ConfigMap key the value comes from; ``value`` may hold what stands there."""
    field: str | None = None
    """A field of the pod, such as ``metadata.name``."""


ContainerKind = Literal["main", "sidecar", "init", "native-sidecar"]


class Container(Model):
    """One container of a service. A native sidecar is an init container that keeps running."""

    name: Name
    kind: ContainerKind = "main"
    image: str | None = None
    command: tuple[str, ...] = ()
    """Entry point and arguments, in order."""
    resources: Resources = defaults_of(Resources)
    probes: Probes = defaults_of(Probes)
    env: Annotated[tuple[EnvVar, ...], by_name] = ()


class Port(Model):
    """A port a service listens on and is reached at."""

    name: Name
    port: PortNumber
    """The port clients use."""
    target: PortNumber | None = None
    """The port the container listens on, where it differs."""
    protocol: Protocol = "http"
    published: PortNumber | None = None
    """The port on the host or load balancer, where the service is reachable from outside without a route."""

    @property
    def listens_on(self) -> int:
        """The port the container listens on."""
        return self.target if self.target is not None else self.port


class Autoscaling(Model):
    """Horizontal pod autoscaling: bounds, and the utilisation of the request at which pods are added."""

    min: Positive
    max: Positive
    cpu_percent: Positive | None = None
    memory_percent: Positive | None = None


class Rollout(Model):
    """How a new version replaces the old one. Defaults are those of a Kubernetes Deployment."""

    strategy: Literal["rolling", "recreate"] = "rolling"
    max_surge: CountOrPercent = "25%"
    max_unavailable: CountOrPercent = "25%"


class DisruptionBudget(Model):
    """How many pods a voluntary disruption must leave, or may take."""

    min_available: CountOrPercent | None = None
    max_unavailable: CountOrPercent | None = None


class Spread(Model):
    """How pods keep away from each other."""

    anti_affinity: Literal["none", "preferred", "required"] = "none"
    topology_key: str = "kubernetes.io/hostname"


class CircuitBreaker(Model):
    """When a client stops calling a failing server, and when it tries again."""

    failure_percent: Percent | None = None
    """Share of failed calls at which the breaker opens."""
    success_threshold: Positive | None = None
    """Successful calls after which it closes again."""
    open_for: Milliseconds | None = None
    """How long it stays open."""


class Retries(Model):
    """How often a failed call is tried again, and after which pause."""

    max: Count
    delay: Milliseconds | None = None


class Resilience(Model):
    """Defaults for the calls a service makes; a dependency may state its own."""

    timeout: Milliseconds | None = None
    """Whole call."""
    connect_timeout: Milliseconds | None = None
    circuit_breaker: CircuitBreaker | None = None
    retries: Retries | None = None
    connection_pool: Count | None = None
    """HTTP connections a process keeps."""
    queue: Count | None = None
    """Calls that may wait for a connection."""


class Termination(Model):
    """Graceful termination. ``grace`` includes ``pre_stop``, as Kubernetes counts it."""

    grace: Milliseconds = 30_000
    pre_stop: Milliseconds = 0
    """Pause before the process is told to stop, so that load balancers notice."""
    drain: Milliseconds | None = None
    """What the process needs to finish its work, e.g. to move WebSockets away."""


class Startup(Model):
    """Tiered startup: a tier starts when the tiers below it are ready."""

    tier: Count | None = None
    wait_for: Names = ()
    """Services and datastores that must answer before this one starts."""


class FeatureFlag(Model):
    """A switch for behaviour, and how it stands by default."""

    name: Label
    enabled: bool = False
    description: str = ""


class Codebase(Model):
    """The source a service is built from. Services that share one name it alike."""

    name: Label
    lines: Count | None = None
    files: Count | None = None
    build: str = ""
    """What its images are built with, such as ``backend/Dockerfile, target runtime``."""


class Volume(Model):
    """Storage a service mounts. ``per_replica`` claims are made once for each pod."""

    name: Name
    size: Bytes | None = None
    per_replica: bool = False


class Service(Model):
    """One deployable unit."""

    name: Name
    description: str = ""
    namespace: Name | None = None
    team: str | None = None
    workload: Workload = "deployment"
    role: Role = "core"
    """core: owns logic; wrapper: thin layer over another service; gateway: routes; worker: consumes and processes;
    infrastructure: runs for the others' sake."""
    language: str | None = None
    """Language or runtime; services of different runtimes cannot become one process."""
    framework: str | None = None
    codebases: Annotated[tuple[Codebase, ...], by_name] = ()
    optional: bool = False
    """The system is complete without it: it can be switched off."""
    replicas: Count = 1
    processes: Positive = 1
    """Processes in a pod that each hold pools of their own."""
    autoscaling: Autoscaling | None = None
    rollout: Rollout = defaults_of(Rollout)
    disruption_budget: DisruptionBudget | None = None
    spread: Spread = defaults_of(Spread)
    startup: Startup = defaults_of(Startup)
    termination: Termination = defaults_of(Termination)
    resilience: Resilience = defaults_of(Resilience)
    flags: Annotated[tuple[FeatureFlag, ...], by_name] = ()
    ports: Annotated[tuple[Port, ...], by_name] = ()
    containers: Annotated[tuple[Container, ...], by_name] = ()
    volumes: Annotated[tuple[Volume, ...], by_name] = ()
    aliases: Names = ()
    """Further DNS names it answers to."""
    declared: Places = Field(default=())
    """Where it was declared; filled by importers."""

    @property
    def main(self) -> Container | None:
        """The container the service is about, where containers are known."""
        return next((container for container in self.containers if container.kind == "main"), None)
