"""What a policy states instead of letting rules combine it.

Stated values stand above every rule. Where a value has fields of its own, those that are absent keep what the rules
gave, at every depth; a disruption budget alone is replaced as a whole, since it is one of two fields.
"""

from typing import Annotated

from novaplan.topology.base import Bytes, Count, Label, Milliseconds, Model, Name, Names, PortNumber, Positive, by_name
from novaplan.topology.datastore import Connections, Database, Deployment, LogicalDB, MemoryPolicy, Persistence
from novaplan.topology.service import (
    Autoscaling,
    CircuitBreaker,
    Codebase,
    Container,
    DisruptionBudget,
    EnvVar,
    FeatureFlag,
    KeyRef,
    Port,
    Probes,
    Protocol,
    Resilience,
    Resources,
    Retries,
    Role,
    Rollout,
    Spread,
    Startup,
    Termination,
    Volume,
    Workload,
)
from novaplan.topology.wiring import Pool


class ServiceSettings(Model):
    """Values of the merged service that are stated, not combined."""

    description: str | None = None
    namespace: Name | None = None
    team: str | None = None
    workload: Workload | None = None
    role: Role | None = None
    """Absent: the primary member's."""
    language: str | None = None
    framework: str | None = None
    optional: bool | None = None
    """Absent: only when every member is optional."""
    replicas: Count | None = None
    processes: Positive | None = None
    autoscaling: Autoscaling | None = None
    rollout: Rollout | None = None
    disruption_budget: DisruptionBudget | None = None
    spread: Spread | None = None
    startup: Startup | None = None
    """Names are names of the target."""
    termination: Termination | None = None
    resilience: Resilience | None = None
    codebases: Annotated[tuple[Codebase, ...], by_name] = ()
    """Added to those of the members, or in place of the one with the same name."""
    flags: Annotated[tuple[FeatureFlag, ...], by_name] = ()
    """Added to those of the members, or in place of the one with the same name."""
    ports: Annotated[tuple[Port, ...], by_name] = ()
    """Added to those of the members, or in place of all with the same name."""
    volumes: Annotated[tuple[Volume, ...], by_name] = ()
    """Added to those of the members, or in place of all with the same name."""
    containers: Annotated[tuple[Container, ...], by_name] = ()
    """Sidecars and init containers, added or in place of all with the same name."""
    aliases: Names = ()
    """Added to those of the members."""
    image: str | None = None
    """Of the main container, as all below."""
    command: tuple[str, ...] = ()
    resources: Resources | None = None
    probes: Probes | None = None
    env: Annotated[tuple[EnvVar, ...], by_name] = ()
    """Added to those of the members, or in place of all with the same name."""


class DatastoreSettings(Model):
    """Values of a datastore that are stated, not combined."""

    description: str | None = None
    namespace: Name | None = None
    version: str | None = None
    image: str | None = None
    deployment: Deployment | None = None
    port: PortNumber | None = None
    resources: Resources | None = None
    storage: Bytes | None = None
    storage_class: Name | None = None
    connections: Connections | None = None
    memory: MemoryPolicy | None = None
    persistence: Persistence | None = None
    probes: Probes | None = None
    disruption_budget: DisruptionBudget | None = None
    spread: Spread | None = None
    startup_tier: Count | None = None
    databases: Annotated[tuple[Database, ...], by_name] = ()
    """Added, or laid over the one with the same name, schema by schema. Owners are names of the target."""
    logical_dbs: tuple[LogicalDB, ...] = ()
    """Added, or laid over the one with the same index. Owners are names of the target."""
    env: Annotated[tuple[EnvVar, ...], by_name] = ()
    """Added to those of the members, or in place of all with the same name."""


class DependencySettings(Model):
    """Values of the matched dependencies that are stated, not combined."""

    database: Label | None = None
    schemas: Names | None = None
    key_prefixes: Names | None = None
    topic: Label | None = None
    group: Label | None = None
    handler: Label | None = None
    port: PortNumber | None = None
    protocol: Protocol | None = None
    user: Label | None = None
    pool: Pool | None = None
    timeout: Milliseconds | None = None
    retries: Retries | None = None
    circuit_breaker: CircuitBreaker | None = None
    secret: KeyRef | None = None
    optional: bool | None = None
    possible: bool | None = None
