"""Datastores: what holds state, how it is deployed, and its parts."""

from typing import Annotated, Literal

from pydantic import Field

from novaplan.topology.base import (
    Bytes,
    Count,
    HostName,
    Label,
    Milliseconds,
    Model,
    Name,
    Names,
    Places,
    PortNumber,
    Positive,
    by_name,
    defaults_of,
    sorted_by,
)
from novaplan.topology.service import DisruptionBudget, EnvVar, Probes, Resources, Spread


class Etcd(Model):
    """The etcd cluster that holds Patroni's leader lease."""

    members: Positive
    resources: Resources = defaults_of(Resources)
    storage: Bytes | None = None
    """Per member, in bytes."""


class Standalone(Model):
    """One server, no failover."""

    type: Literal["standalone"] = "standalone"


class Sentinel(Model):
    """Redis with replicas, failed over by Sentinels. Defaults of the times are Redis's own."""

    type: Literal["sentinel"]
    members: Positive
    """Data servers, master included."""
    sentinels: Positive
    quorum: Positive
    """Sentinels that must agree that the master is down; electing a leader takes a majority besides."""
    placement: Literal["sidecar", "separate"] = "sidecar"
    """Sentinels as sidecars of the data pods, or in pods of their own."""
    sentinel_resources: Resources = defaults_of(Resources)
    down_after: Milliseconds = 30_000
    failover_timeout: Milliseconds = 180_000
    parallel_syncs: Positive = 1
    min_replicas_to_write: Count = 0
    min_replicas_max_lag: Milliseconds = 10_000


class Patroni(Model):
    """PostgreSQL with streaming replication, failed over by Patroni. Defaults of the times are Patroni's own."""

    type: Literal["patroni"]
    members: Positive
    """Database servers, primary included."""
    etcd: Etcd | None = None
    """Absent: the lease is kept in the Kubernetes API."""
    ttl: Milliseconds = 30_000
    loop_wait: Milliseconds = 10_000
    retry_timeout: Milliseconds = 10_000
    synchronous: bool = False
    """Commits wait for a standby, so that a failover loses none."""
    slots: bool = True
    """Replication slots keep the write-ahead log a standby still needs."""
    failsafe: bool = False
    """The primary stays primary while etcd is away but all members answer."""
    proxy_resources: Resources = defaults_of(Resources)
    """Of one HAProxy container, which reaches the leader; it runs beside each pooler instance, or beside each member
    where there is no pooler. Without etcd there is none: the Kubernetes API itself knows the leader."""


class Kafka(Model):
    """Kafka brokers. ``coordination`` names what elects the controller."""

    type: Literal["kafka"]
    brokers: Positive
    coordination: Literal["zookeeper", "kraft"] = "kraft"
    replication_factor: Positive = 1
    min_insync_replicas: Positive = 1
    auto_create_topics: bool = True


class Cluster(Model):
    """Any other replicated deployment: a Redis Cluster, Elasticsearch, Galera, an etcd of its own."""

    type: Literal["cluster"]
    members: Positive
    failover: bool = True
    """Members take over from each other without a person."""


class Managed(Model):
    """Run by a provider; nothing of it is deployed here."""

    type: Literal["managed"]
    provider: str | None = None


Deployment = Annotated[Standalone | Sentinel | Patroni | Kafka | Cluster | Managed, Field(discriminator="type")]


class Pooler(Model):
    """A connection pooler before a database server, such as PgBouncer."""

    mode: Literal["session", "transaction", "statement"] = "transaction"
    instances: Positive = 1
    pool_size: Positive
    """Server connections of one instance for each pair of user and database."""
    max_client_connections: Positive | None = None
    resources: Resources = defaults_of(Resources)


class Connections(Model):
    """How many clients a server takes."""

    max: Positive | None = None
    """``max_connections`` of PostgreSQL and MySQL, ``maxclients`` of Redis; absent: the server's default."""
    reserved: Count | None = None
    """Of those, kept for superusers and operators."""
    pooler: Pooler | None = None


class MemoryPolicy(Model):
    """What a memory store may hold, and what it does when full."""

    max: Bytes | None = None
    eviction: Label | None = None
    """``noeviction``, ``allkeys-lru``, ... as Redis names them."""


class Persistence(Model):
    """What a memory store writes to disk."""

    snapshots: bool = False
    """RDB."""
    append_only: bool = False
    """AOF."""


class ForeignKey(Model):
    """A reference from a table to a table, which a move must not tear apart."""

    table: Label
    to: Label
    """``table``, ``schema.table`` or ``database.schema.table``."""


class Schema(Model):
    """A schema of a database."""

    name: Label
    owner: Name | None = None
    """The service whose schema it is: it alone changes the tables."""
    tables: Names = ()
    foreign_keys: Annotated[tuple[ForeignKey, ...], sorted_by(lambda item: (item.table, item.to))] = ()


class Database(Model):
    """A database on a server."""

    name: Label
    owner: Name | None = None
    schemas: Annotated[tuple[Schema, ...], by_name] = ()
    description: str = ""


class LogicalDB(Model):
    """A numbered database of a Redis server."""

    index: Count
    owners: Names = ()
    """Services whose keys live here; more than one is a risk of collisions."""
    purpose: str = ""
    durable: bool = False
    """Losing a key loses something that cannot be computed again."""


class Topic(Model):
    """A topic, queue or subject of a broker."""

    name: Label
    partitions: Positive | None = None
    retention: Milliseconds | None = None
    description: str = ""


class ConsumerGroup(Model):
    """A group of consumers that share the messages of their topics."""

    name: Label
    topics: Names = ()
    handler: Label | None = None
    """What it does with a message; two groups with one handler would do it twice."""


class Datastore(Model):
    """What holds state: a database, a memory store, a broker, a search index."""

    name: HostName
    """Dots only where somebody else runs it and it is known by its host."""
    kind: Label
    """``postgres``, ``redis``, ``kafka``, ``elasticsearch``, ..."""
    description: str = ""
    namespace: Name | None = None
    version: str | None = None
    image: str | None = None
    deployment: Deployment = defaults_of(Standalone)
    port: PortNumber | None = None
    resources: Resources = defaults_of(Resources)
    """Of one data member."""
    storage: Bytes | None = None
    """Per data member, in bytes."""
    storage_class: Name | None = None
    connections: Connections = defaults_of(Connections)
    memory: MemoryPolicy = defaults_of(MemoryPolicy)
    persistence: Persistence = defaults_of(Persistence)
    probes: Probes = defaults_of(Probes)
    """Of one data member."""
    disruption_budget: DisruptionBudget | None = None
    spread: Spread = defaults_of(Spread)
    startup_tier: Count | None = None
    optional: bool = False
    databases: Annotated[tuple[Database, ...], by_name] = ()
    logical_dbs: Annotated[tuple[LogicalDB, ...], sorted_by(lambda item: item.index)] = ()
    topics: Annotated[tuple[Topic, ...], by_name] = ()
    consumer_groups: Annotated[tuple[ConsumerGroup, ...], by_name] = ()
    env: Annotated[tuple[EnvVar, ...], by_name] = ()
    aliases: Names = ()
    declared: Places = ()

    @property
    def members(self) -> int:
        """How many data servers run here; 0 for a managed one."""
        deployment = self.deployment
        if isinstance(deployment, Managed):
            return 0
        if isinstance(deployment, Kafka):
            return deployment.brokers
        return 1 if isinstance(deployment, Standalone) else deployment.members

    @property
    def highly_available(self) -> bool:
        """Whether the loss of one data member is survived without a person: several members with failover, and in Kafka
        every partition on more than one of them. A managed one is not claimed to be."""
        deployment = self.deployment
        if isinstance(deployment, Kafka):
            return deployment.brokers > 1 and deployment.replication_factor > 1
        if isinstance(deployment, Cluster):
            return deployment.failover and deployment.members > 1
        return isinstance(deployment, Sentinel | Patroni) and deployment.members > 1


class External(Model):
    """What the system uses but does not run."""

    name: HostName
    kind: Label = "http"
    """``push``, ``smtp``, ``turn``, ``object-storage``, ``tracing``, ..."""
    description: str = ""
    addresses: Names = ()
    optional: bool = False
    declared: Places = ()
