"""The etcd members that keep Patroni's lease.

They start side by side and know each other by name from the beginning; one of three alone does not become ready, so
none waits for another. A member finds its data again on its claim; one that lost it must be removed and added by hand.
"""

from __future__ import annotations

from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.datastores.postgres import pods
from novaplan.render.datastores.postgres.names import ETCD, ETCD_PEER_PORT, ETCD_PORT, part, pod_host
from novaplan.render.datastores.postgres.names import pods as pods_of
from novaplan.render.manifests import Manifest
from novaplan.topology.datastore import Datastore, Etcd

_FOLDER: Final = "/var/lib/etcd"
_QUOTA: Final = 2 << 30
"""etcd's own default."""


def objects(context: Context, datastore: Datastore, etcd: Etcd) -> list[Manifest]:
    """StatefulSet, headless Service, disruption budget."""
    name = part(datastore, ETCD)
    ports = {"client": (ETCD_PORT, "client"), "peer": (ETCD_PEER_PORT, "peer")}
    template = pods.template(
        context,
        datastore,
        ETCD,
        [_container(context, datastore, etcd)],
        user=context.settings.run_as_user,
        spread=datastore.spread,
        grace=30,
        volumes=pods.scratch("data", etcd.storage),
    )
    return [
        pods.service(context, datastore, name, pods_of(datastore, ETCD), ports, headless=True),
        pods.stateful_set(
            context, datastore, name, ETCD, governing=name, members=etcd.members, template=template, size=etcd.storage
        ),
        pods.budget(context, datastore, ETCD, name, {"maxUnavailable": 1}, generated=True),
    ]


def _container(context: Context, datastore: Datastore, etcd: Etcd) -> dict[str, Any]:
    # The image has no shell; Kubernetes itself fills in the name of the pod.
    return pods.container(
        ETCD,
        context.settings.tools.etcd,
        stated=etcd.resources,
        command=["etcd", *arguments(context, datastore, etcd)],
        ports={"client": ETCD_PORT, "peer": ETCD_PEER_PORT},
        env=[pods.field("POD_NAME", "metadata.name")],
        # /health asks for a leader: a member that lives but sees none would be killed for it.
        probes={
            "livenessProbe": pods.probe(_asks("/livez"), failures=6),
            "readinessProbe": pods.probe(_asks("/readyz"), period=5),
        },
        mounts={"data": _FOLDER},
    )


def _asks(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "client"}}


def arguments(context: Context, datastore: Datastore, etcd: Etcd) -> list[str]:
    """What every member is started with; ``$(POD_NAME)`` is its own name."""
    name = part(datastore, ETCD)
    own = pod_host(context, datastore, name, "$(POD_NAME)")
    members = [f"{name}-{number}" for number in range(etcd.members)]
    cluster = [f"{pod}=http://{pod_host(context, datastore, name, pod)}:{ETCD_PEER_PORT}" for pod in members]
    quota = _QUOTA if etcd.storage is None else min(_QUOTA, etcd.storage // 2)
    return [
        "--name=$(POD_NAME)",
        f"--data-dir={_FOLDER}/data",
        f"--listen-client-urls=http://0.0.0.0:{ETCD_PORT}",
        f"--listen-peer-urls=http://0.0.0.0:{ETCD_PEER_PORT}",
        f"--advertise-client-urls=http://{own}:{ETCD_PORT}",
        f"--initial-advertise-peer-urls=http://{own}:{ETCD_PEER_PORT}",
        f"--initial-cluster={','.join(cluster)}",
        f"--initial-cluster-token={name}",
        "--initial-cluster-state=new",
        # Patroni writes every few seconds: without this the history fills the quota.
        "--auto-compaction-mode=periodic",
        "--auto-compaction-retention=1h",
        f"--quota-backend-bytes={quota}",
    ]
