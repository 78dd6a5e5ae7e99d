"""Names and ports of the objects around one PostgreSQL."""

from __future__ import annotations

from typing import Any, Final

from novaplan.capacity.totals import proxy_of
from novaplan.render.context import Context
from novaplan.render.manifests import selector
from novaplan.topology.datastore import Datastore, Patroni

SERVER_PORT: Final = 5432
REST_PORT: Final = 8008
"""Patroni's REST API, which says who leads."""
POOLER_PORT: Final = 6432
PRIMARY_PORT: Final = 5000
"""The proxy's way to the leader."""
REPLICAS_PORT: Final = 5001
"""The proxy's way to the replicas."""
HEALTH_PORT: Final = 8404
"""Where the proxy says that it runs."""
ETCD_PORT: Final = 2379
ETCD_PEER_PORT: Final = 2380

SERVER: Final = "database"
"""The component that the members play; the others are ``ETCD`` and ``POOLER``."""
ETCD: Final = "etcd"
POOLER: Final = "pooler"

SUPERUSER: Final = "postgres"
REPLICATION: Final = "replicator"
REWIND: Final = "rewind"
"""Compares the files of two members after a failover; it may read them and nothing else."""


def part(datastore: Datastore, what: str) -> str:
    """The name of an object that serves the datastore, such as ``postgres-pooler``."""
    return f"{datastore.name}-{what}"


def pods(datastore: Datastore, component: str) -> dict[str, str]:
    """The labels that pick the pods of one component."""
    return selector(datastore.name, component)


def member(datastore: Datastore, number: int) -> str:
    """The name of a member and of its pod."""
    return f"{datastore.name}-{number}"


def pod_host(context: Context, datastore: Datastore, governing: str, pod: str) -> str:
    """The name of a pod in the cluster's DNS, below the Service that governs it."""
    return f"{pod}.{context.full_host(governing, context.namespace(datastore))}"


def member_hosts(context: Context, datastore: Datastore) -> list[str]:
    """The name of each member in the cluster's DNS."""
    governing = part(datastore, "headless")
    return [pod_host(context, datastore, governing, member(datastore, number)) for number in range(datastore.members)]


def proxied(datastore: Datastore) -> bool:
    """Whether a proxy finds the leader; else the labels that Patroni puts on its pods do, or there is one server."""
    return proxy_of(datastore) is not None


def replicated(datastore: Datastore) -> bool:
    """Whether Patroni runs it."""
    return isinstance(datastore.deployment, Patroni)


def ports(**numbers: int) -> list[dict[str, Any]]:
    """The ports of a container, by name."""
    return [{"name": name, "containerPort": number} for name, number in numbers.items()]
