"""A PostgreSQL in each of its shapes."""

from __future__ import annotations

from typing import Any

import pytest

from novaplan.render.context import Context
from novaplan.render.settings import Settings
from novaplan.topology.system import Topology

ETCD = {"members": 3, "storage": "1Gi", "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}}}
PATRONI = {"type": "patroni", "members": 3, "proxy_resources": {"requests": {"cpu": "20m", "memory": "16Mi"}}}
POOLER = {"pool_size": 7, "instances": 2, "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}}}
SHAPES: dict[str, dict[str, Any]] = {
    "alone": {},
    "alone, pooled": {"connections": {"pooler": POOLER}},
    "etcd": {"deployment": {**PATRONI, "etcd": ETCD}},
    "etcd, pooled": {"deployment": {**PATRONI, "etcd": ETCD}, "connections": {"pooler": POOLER}},
    "kubernetes": {"deployment": PATRONI},
    "kubernetes, pooled": {"deployment": PATRONI, "connections": {"pooler": POOLER}},
}
shapes = pytest.mark.parametrize("shape", SHAPES)


def shop(store: dict[str, Any] | None = None, edges: list[dict[str, Any]] | None = None, **settings: Any) -> Context:
    """Orders owns the database, billing a schema in it; the report reads billing's; all on the server ``db``."""
    databases = [
        {
            "name": "shop",
            "owner": "orders",
            "schemas": [{"name": "public", "owner": "orders"}, {"name": "bills", "owner": "billing"}],
        }
    ]
    default = [
        {"client": "orders", "server": "db", "mode": "writes", "database": "shop", "pool": {"max": 5}},
        {"client": "billing", "server": "db", "mode": "writes", "database": "shop", "schemas": ["bills"]},
        {"client": "report", "server": "db", "mode": "reads", "database": "shop", "schemas": ["bills"]},
    ]
    about = {
        "name": "db",
        "kind": "postgres",
        "namespace": "data",
        "storage": "10Gi",
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}},
        "databases": databases,
        **(store or {}),
    }
    body = {
        "name": "shop",
        "namespaces": [{"name": "data"}],
        "services": [{"name": name} for name in ("orders", "billing", "report")],
        "datastores": [about],
        "dependencies": default if edges is None else edges,
    }
    return Context(Topology.model_validate(body), Settings.model_validate(settings))


def of(context: Context, kind: str, name: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """The one object of a kind and name."""
    (found,) = (item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name))
    return found
