"""PgBouncer before a PostgreSQL: a Deployment whose pods have the proxy beside them where one finds the leader."""

from __future__ import annotations

import re
from typing import Any, Final

from novaplan.capacity.limits import default_limits
from novaplan.capacity.totals import proxy_of
from novaplan.render.context import Context
from novaplan.render.datastores.postgres import pods, proxy
from novaplan.render.datastores.postgres.access import Access
from novaplan.render.datastores.postgres.names import POOLER, POOLER_PORT, PRIMARY_PORT, SERVER_PORT, part, proxied
from novaplan.render.datastores.postgres.names import pods as pods_of
from novaplan.render.datastores.postgres.templates import filled, identifier
from novaplan.render.manifests import Manifest
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore, Pooler

_PLAIN: Final = re.compile(r"[-._a-zA-Z0-9]+")
_FOLDER: Final = "/etc/pgbouncer"
_PASSWORDS: Final = "/etc/postgres-passwords"
_RUN: Final = "/run/pgbouncer"
_USER, _GROUP = 70, 70
"""``postgres`` in the image of PgBouncer."""
_PAUSE: Final = 5
_GRACE: Final = 30
"""Seconds for clients to finish; the pooler waits for them."""


def objects(context: Context, datastore: Datastore, pooler: Pooler, access: Access) -> list[Manifest]:
    """ConfigMap, Deployment, disruption budget."""
    name = part(datastore, POOLER)
    files = configuration(context, datastore, pooler, access)
    apart = datastore.spread.anti_affinity != "none"
    spread = replace(datastore.spread, anti_affinity="preferred" if apart else "none")
    template = pods.template(
        context,
        datastore,
        POOLER,
        _containers(context, datastore, pooler),
        user=_USER,
        group=_GROUP,
        spread=spread,
        grace=_GRACE,
        volumes=[
            pods.files("config", name),
            pods.passwords(datastore, [role.key for role in access.roles]),
            pods.memory("run", "1Mi"),
        ],
        config=files,
        rolls=True,
    )
    # One more instance, even for a moment, would open connections that the server has no place for.
    update = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    selector = {"matchLabels": pods_of(datastore, POOLER)}
    spec = {"replicas": pooler.instances, "selector": selector, "strategy": update, "template": template}
    own = context.labels(datastore.name, POOLER)
    found = [
        pods.config_map(context, datastore, name, files),
        context.object("apps/v1", "Deployment", name, datastore, generated=True, extra_labels=own, spec=spec),
    ]
    if pooler.instances > 1:
        found.append(pods.budget(context, datastore, POOLER, name, {"maxUnavailable": 1}, generated=True))
    return found


def configuration(context: Context, datastore: Datastore, pooler: Pooler, access: Access) -> dict[str, str]:
    """The files of a pooler pod."""
    stated = pooler.max_client_connections
    clients = stated if stated is not None else default_limits().pooler.max_client_connections
    direct = context.host(
        part(datastore, "primary"), context.namespace(datastore), seen_from=context.namespace(datastore)
    )
    names = [database.name for database in access.databases]
    files = {
        "pgbouncer.ini": filled(
            "pgbouncer.ini.j2",
            # The file cannot quote names: where one is not plain, any name goes, and the server says which exist.
            names=names if all(map(_PLAIN.fullmatch, names)) else ["*"],
            host="127.0.0.1" if proxied(datastore) else direct,
            port=PRIMARY_PORT if proxied(datastore) else SERVER_PORT,
            listen=POOLER_PORT,
            users=f"{_RUN}/users.txt",
            pooler=pooler,
            clients=clients,
        ),
        # No text of the topology stands in the script itself.
        "roles.txt": "".join(f"{role.key} {identifier(role.name)}\n" for role in access.roles),
        "start.sh": filled("pooler.sh.j2", users=f"{_RUN}/users.txt", passwords=_PASSWORDS, folder=_FOLDER),
    }
    if proxied(datastore):
        files[proxy.FILE] = proxy.configuration(context, datastore)
    return files


def _containers(context: Context, datastore: Datastore, pooler: Pooler) -> list[dict[str, Any]]:
    answers = {"tcpSocket": {"port": POOLER}}
    found = [
        pods.container(
            "pgbouncer",
            context.settings.tools.pgbouncer,
            stated=pooler.resources,
            command=["/bin/sh", f"{_FOLDER}/start.sh"],
            ports={POOLER: POOLER_PORT},
            probes={"livenessProbe": pods.probe(answers), "readinessProbe": pods.probe(answers, period=5)},
            mounts={"config": _FOLDER, "passwords": _PASSWORDS, "run": _RUN},
            pause=_PAUSE,
        )
    ]
    beside = proxy_of(datastore)
    if beside is not None:
        # It stays until the pooler is gone: the kubelet kills it with the pod.
        found.append(proxy.container(context, datastore, beside, volume="config", pause=_GRACE - _PAUSE))
    return found
