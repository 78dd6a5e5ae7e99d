"""The consolidation policy: which services become one, how their settings combine, and what settles a conflict.

A policy is a file a person edits. It names groups of services and of datastores, says by which rule each setting
combines where N become one (``Rules``), and states values where no rule may choose (``settings``). It decides nothing
silently: what neither a rule nor a value settles is a conflict, and the consolidation is refused.
"""

from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from novaplan.documents.positions import Document
from novaplan.topology.base import Bytes, Count, HostName, Label, Milliseconds, Model, Name, Names, Positive, by_name
from novaplan.topology.datastore import (
    Connections,
    Database,
    Deployment,
    External,
    LogicalDB,
    MemoryPolicy,
    Persistence,
)
from novaplan.topology.service import (
    Autoscaling,
    CircuitBreaker,
    DisruptionBudget,
    EnvVar,
    FeatureFlag,
    Port,
    Probes,
    Resilience,
    Resources,
    Retries,
    Role,
    Rollout,
    Spread,
    Startup,
    Termination,
    Workload,
)
from novaplan.topology.wiring import Dependency, Mode, Namespace, Pool, Secret

Agreed = Literal["same", "primary"]
Chosen = Literal["same", "primary", "max", "min"]
Added = Literal["same", "primary", "max", "sum"]


class Rules(Model):
    """How each setting combines when several services become one.

    ``same``: the members must agree, or the consolidation is refused; ``primary``: the primary member's value, and
    where it states none, that of the first member that does; ``max``, ``min``, ``sum``: of the stated values. A
    setting that only some members state is no disagreement. Values under ``settings`` stand above every rule.
    """

    namespace: Agreed = "same"
    team: Agreed = "same"
    workload: Agreed = "same"
    framework: Agreed = "same"
    """The language has no rule: services of different runtimes never become one process."""
    replicas: Added = "max"
    """Every pod of the merged service does the work of all members, so the largest count keeps availability."""
    processes: Added = "max"
    autoscaling: Literal["same", "primary", "widest"] = "widest"
    """``widest``: the highest lower bound, the highest upper bound and the lowest target utilisation. A member without
    autoscaling counts with its replicas as both bounds."""
    resources: Added = "sum"
    """Requests and limits of the main container: one pod does what one pod of each member did."""
    image: Agreed = "same"
    command: Agreed = "same"
    probes: Agreed = "primary"
    env: Agreed = "same"
    """Variables are united; this decides about one name with two values."""
    ports: Literal["union", "fold"] = "union"
    """``union``: every port is kept, and a name or number taken twice is a conflict; ``fold``: ports of one name become
    the primary's port of that name."""
    rollout: Agreed = "primary"
    disruption_budget: Agreed = "primary"
    spread: Literal["same", "primary", "strictest"] = "strictest"
    startup: Literal["latest"] = "latest"
    """The highest tier of the members; it waits for everything any of them waited for."""
    termination: Literal["same", "primary", "longest"] = "longest"
    timeouts: Chosen = "same"
    circuit_breaker: Agreed = "same"
    retries: Agreed = "same"
    connection_pool: Added = "max"
    """HTTP connections and the calls that may queue for them."""
    pools: Added = "sum"
    """Connections of one process to one database or Redis server."""
    secrets: Literal["keep", "merge"] = "keep"
    """``merge``: secrets that only this group uses become one; keys of one name must open the same thing."""


class ServiceSettings(Model):
    """Values of the merged service that are stated, not combined. Nested fields that are absent keep what the rules
    gave."""

    description: str | None = None
    namespace: Name | None = None
    team: str | None = None
    workload: Workload | None = None
    role: Role | None = None
    language: str | None = None
    framework: str | None = None
    optional: bool | None = None
    replicas: Count | None = None
    processes: Positive | None = None
    autoscaling: Autoscaling | None = None
    rollout: Rollout | None = None
    disruption_budget: DisruptionBudget | None = None
    spread: Spread | None = None
    startup: Startup | None = None
    termination: Termination | None = None
    resilience: Resilience | None = None
    flags: Annotated[tuple[FeatureFlag, ...], by_name] = ()
    """Added to those of the members, or in place of the one with the same name."""
    ports: Annotated[tuple[Port, ...], by_name] = ()
    """In place of the members' ports of the same name."""
    aliases: Names = ()
    image: str | None = None
    command: tuple[str, ...] = ()
    resources: Resources | None = None
    probes: Probes | None = None
    env: Annotated[tuple[EnvVar, ...], by_name] = ()
    """In place of the members' variables of the same name."""


class LogicalDBChoice(Model):
    """Where a group keeps its Redis keys."""

    server: Name
    index: Count
    keys: Literal["disjoint", "prefixed"] | None = None
    """Why keys that come together cannot collide: they are known to be ``disjoint``, or each member's keys get its name
    as a prefix (``prefixed``) when they move."""


class Group(Model):
    """Services that become one."""

    name: Name
    members: Annotated[tuple[Name, ...], Field(min_length=1)]
    primary: Name | None = None
    """The member whose values the rule ``primary`` takes; absent: the first one."""
    internal: Literal["in-process", "loopback"] | None = None
    """What becomes of calls between members: a function call, or a call over the loopback interface."""
    keep_names: bool = False
    """The members' DNS names go on as aliases."""
    secret: Name | None = None
    """Name of the merged secret; absent: the group's name and ``-secret``."""
    rules: Rules | None = None
    """In place of the policy's rules, for the fields stated here."""
    settings: ServiceSettings = ServiceSettings()
    logical_dbs: tuple[LogicalDBChoice, ...] = ()

    @property
    def lead(self) -> str:
        """The primary member."""
        return self.primary or self.members[0]


class DatastoreSettings(Model):
    """Values of a datastore that are stated, not combined."""

    description: str | None = None
    namespace: Name | None = None
    version: str | None = None
    image: str | None = None
    deployment: Deployment | None = None
    resources: Resources | None = None
    storage: Bytes | None = None
    connections: Connections | None = None
    memory: MemoryPolicy | None = None
    persistence: Persistence | None = None
    disruption_budget: DisruptionBudget | None = None
    spread: Spread | None = None
    startup_tier: Count | None = None
    databases: Annotated[tuple[Database, ...], by_name] = ()
    """Added, or laid over the one with the same name, schema by schema. Owners are names of the target."""
    logical_dbs: tuple[LogicalDB, ...] = ()
    """Added, or laid over the one with the same index."""


class DatastoreGroup(Model):
    """Datastores of one kind that become one, or one that changes. Datastores that no group names stay as they are."""

    name: Name
    members: Annotated[tuple[Name, ...], Field(min_length=1)]
    settings: DatastoreSettings = DatastoreSettings()


class DependencyMatch(Model):
    """Which dependencies a choice is about; ``client`` and ``server`` are names of the target. What is absent matches
    everything."""

    client: HostName | None = None
    server: HostName | None = None
    mode: Mode | None = None
    database: Label | None = None
    logical_db: Count | None = None
    topic: Label | None = None
    group: Label | None = None


class DependencySettings(Model):
    """Values of the matched dependencies that are stated, not combined."""

    database: Label | None = None
    schemas: Names | None = None
    topic: Label | None = None
    group: Label | None = None
    user: Label | None = None
    pool: Pool | None = None
    timeout: Milliseconds | None = None
    retries: Retries | None = None
    circuit_breaker: CircuitBreaker | None = None
    optional: bool | None = None
    possible: bool | None = None


class DependencyChoice(Model):
    """Values for some dependencies."""

    match: DependencyMatch
    set: DependencySettings


class RouteChoices(Model):
    """What becomes of the routes."""

    gateway: Literal["keep", "ingress"] = "keep"
    """``ingress``: routes that a gateway service forwarded are forwarded by an Ingress instead."""
    host: Label | None = None
    """The host of every route that names none."""
    tls_secret: Label | None = None
    """Serve every HTTP route with TLS, with the certificate of this secret."""


class Retirement(Model):
    """A part of the current topology that has no place in the target, and why."""

    part: Label
    """Its address, such as ``secret:old-credentials``; everything inside it goes with it."""
    reason: Annotated[str, Field(min_length=1)]


class Additions(Model):
    """Parts of the target that nothing in the current topology becomes."""

    externals: tuple[External, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    secrets: tuple[Secret, ...] = ()


class Policy(Model):
    """How a topology is consolidated."""

    format: Literal["novaplan/policy/v1"] = "novaplan/policy/v1"
    name: Annotated[str, Field(min_length=1, max_length=253)]
    description: str = ""
    target: Annotated[str, Field(min_length=1, max_length=253)] = "target"
    """Name of the topology that comes out."""
    target_description: str = ""
    rules: Rules = Rules()
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    datastores: tuple[DatastoreGroup, ...] = ()
    dependencies: tuple[DependencyChoice, ...] = ()
    routes: RouteChoices = RouteChoices()
    namespaces: Annotated[tuple[Namespace, ...], by_name] = ()
    """Namespaces of the target that the current topology lacks, or lacks a description of."""
    add: Additions = Additions()
    retire: tuple[Retirement, ...] = ()

    _document: Document | None = PrivateAttr(default=None)

    @property
    def document(self) -> Document:
        """The file it was read from, so that an error can point there; an empty one for a policy made in Python."""
        return self._document or Document({}, f"policy {self.name}", 1)

    def rules_of(self, group: Group) -> Rules:
        """The rules that hold for a group: its own, and the policy's where it states none."""
        if group.rules is None:
            return self.rules
        own = {name: getattr(group.rules, name) for name in group.rules.model_fields_set}
        return self.rules.model_copy(update=own)
