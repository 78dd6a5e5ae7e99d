"""HAProxy, which asks every member's Patroni whether it leads and sends clients there."""

from __future__ import annotations

from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.datastores.postgres import pods
from novaplan.render.datastores.postgres.names import (
    HEALTH_PORT,
    PRIMARY_PORT,
    REPLICAS_PORT,
    REST_PORT,
    SERVER_PORT,
    member,
    member_hosts,
)
from novaplan.render.datastores.postgres.patroni import server_limit
from novaplan.render.datastores.postgres.templates import filled
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Resources

INTERVAL: Final = 1
"""Seconds between two checks of a member; ``models/recovery.yaml`` counts with it."""
RISE: Final = 1
"""Answers after which a member is taken for what it says."""
FILE: Final = "haproxy.cfg"
_FOLDER: Final = "/etc/haproxy"
_WAYS: Final = {"primary": PRIMARY_PORT, "replicas": REPLICAS_PORT}


def name(datastore: Datastore) -> str:
    """The name of the container; another one in a pod whose own container is called like that."""
    return "haproxy" if datastore.name != "haproxy" else "proxy"


def configuration(context: Context, datastore: Datastore) -> str:
    """``haproxy.cfg``. The proxy asks DNS itself and knows no search list, so it needs whole names."""
    hosts = member_hosts(context, datastore)
    if context.namespace(datastore) is None:
        whole = f".${{POD_NAMESPACE}}.svc.{context.settings.cluster_domain}"
        hosts = [f'"{host}{whole}:{SERVER_PORT}"' for host in hosts]
    else:
        hosts = [f"{host}:{SERVER_PORT}" for host in hosts]
    return filled(
        "haproxy.cfg.j2",
        # No more than the members take together.
        connections=server_limit(datastore)[0] * datastore.members,
        interval=INTERVAL,
        rise=RISE,
        rest=REST_PORT,
        health=HEALTH_PORT,
        ways=_WAYS,
        members=[(member(datastore, number), host) for number, host in enumerate(hosts)],
    )


def container(
    context: Context, datastore: Datastore, resources: Resources, *, volume: str, pause: int
) -> dict[str, Any]:
    """The proxy beside a pooler or a member; ``volume`` has its configuration."""
    asks = {"httpGet": {"path": "/health", "port": "health"}}
    return pods.container(
        name(datastore),
        context.settings.tools.haproxy,
        stated=resources,
        command=["haproxy", "-W", "-db", "-f", f"{_FOLDER}/{FILE}"],
        ports={**_WAYS, "health": HEALTH_PORT},
        env=[pods.field("POD_NAMESPACE", "metadata.namespace")] if context.namespace(datastore) is None else (),
        probes={"livenessProbe": pods.probe(asks), "readinessProbe": pods.probe(asks, period=5)},
        mounts={volume: _FOLDER},
        pause=pause,
    )
