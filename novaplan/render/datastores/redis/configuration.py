"""The ConfigMap of a Redis: what the servers are told, and the scripts that start and stop them."""

from __future__ import annotations

from typing import Any, Final

from novaplan.render.datastores.redis.limits import databases
from novaplan.render.datastores.redis.shape import CONFIG, DATA, PASSWORD_KEY, Shape
from novaplan.render.endpoints import MASTER_NAME, SENTINEL_PORT
from novaplan.render.manifests import Manifest
from novaplan.render.texts import environment

CATCH_UP: Final = 10
"""Seconds that a stopping master waits until its replicas have everything: they say so once a second."""
BEGIN: Final = 5
"""Seconds in which a Sentinel must take the order to fail over."""
HANDOVER: Final = 20
"""Seconds that it waits until the Sentinels name another master; 3 were measured."""
SHUTDOWN: Final = 10
"""Seconds that Redis itself takes at most to stop (redis.conf: shutdown-timeout)."""
GRACE: Final = CATCH_UP + BEGIN + HANDOVER + SHUTDOWN + 5
"""Seconds between the order to stop and the kill, with 5 to spare."""
PATIENCE: Final = 20
"""Questions, one a second, until a starting server gives up on a majority of the Sentinels and goes by those that
answer, or by what it was before."""


def config_map(shape: Shape) -> Manifest:
    """Configuration and scripts; none of it holds a secret."""
    return shape.context.object("v1", "ConfigMap", shape.config, shape.datastore, generated=True, data=texts(shape))


def texts(shape: Shape) -> dict[str, str]:
    """Every file of the ConfigMap by name."""
    names = ["redis.conf", "start.sh"]
    if shape.sentinel is not None:
        names += ["sentinel.conf", "sentinel.sh", "hand-over.sh"]
    templates = environment(f"{__package__}.templates")
    return {
        name: templates.get_template(f"{name}.j2").render(_values(shape, sentinel_pod=name == "sentinel.sh"))
        for name in sorted(names)
    }


def _values(shape: Shape, *, sentinel_pod: bool) -> dict[str, Any]:
    store, sentinel = shape.datastore, shape.sentinel
    return {
        "sentinel": sentinel,
        "data": DATA,
        "config": CONFIG,
        "port": shape.port,
        "sentinel_port": SENTINEL_PORT,
        "group": MASTER_NAME,
        "databases": databases(shape),
        "max_clients": store.connections.max,
        "max_memory": store.memory.max,
        "eviction": store.memory.eviction,
        "append_only": store.persistence.append_only,
        "snapshots": store.persistence.snapshots,
        # 0 would switch it off.
        "max_lag_seconds": max(1, -(-sentinel.min_replicas_max_lag // 1000)) if sentinel else 0,
        "secret": shape.secret,
        "password_key": PASSWORD_KEY,
        "cluster_domain": shape.context.settings.cluster_domain,
        "own_service": shape.sentinel_headless if sentinel_pod else shape.headless,
        "sentinels": [f"{pod}.{shape.sentinel_headless}" for pod in shape.sentinel_pods],
        "first": f"{shape.name}-0.{shape.headless}",
        "patience": PATIENCE,
        "majority": len(shape.sentinel_pods) // 2 + 1,
        "catch_up": CATCH_UP,
        "begin": BEGIN,
        "handover": HANDOVER,
    }
