"""Patroni's own configuration: one file for every member; what differs, and every password, are variables."""

from __future__ import annotations

from typing import Any, Final

from novaplan.capacity.limits import default_limits
from novaplan.documents.writer import dump
from novaplan.render.context import Context
from novaplan.render.datastores.postgres.names import (
    ETCD,
    ETCD_PORT,
    REPLICATION,
    REST_PORT,
    REWIND,
    SERVER,
    SERVER_PORT,
    SUPERUSER,
    part,
    pod_host,
)
from novaplan.render.manifests import selector
from novaplan.topology.datastore import Datastore, Etcd, Patroni

DATA: Final = "/home/postgres/pgdata"
"""Where the volume is; Spilo keeps its data below it too."""
RUN: Final = "/run/postgresql"
FOLDER: Final = "/etc/patroni"
ROLE_LABEL: Final = "role"
LEADER: Final = "master"
"""What Patroni 3 calls the leader in its label; Patroni 4 does where it is told to."""
REPLICA: Final = "replica"

_LEAST_TTL, _LEAST_LOOP, _LEAST_RETRY = 20, 1, 3
_LEAST_SENDER_TIMEOUT: Final = 5
_MIB: Final = 1 << 20


def configuration(context: Context, datastore: Datastore, *, follows: bool = True) -> str:
    """``patroni.yml``; ``follows`` false leaves out whom a new cluster follows."""
    deployment = datastore.deployment
    assert isinstance(deployment, Patroni)
    return dump(
        {
            "scope": datastore.name,
            "restapi": {"listen": f"0.0.0.0:{REST_PORT}"},
            **_lease(context, datastore, deployment.etcd),
            "bootstrap": {
                # Read once, by the first member of a new cluster; afterwards it lives beside the lease.
                "dcs": _shared(datastore, deployment) | (_followed(context, datastore) if follows else {}),
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
                "post_bootstrap": f"/bin/sh {FOLDER}/apply.sh",
            },
            "postgresql": _server(context, datastore),
            "watchdog": {"mode": "off"},
        }
    )


def times(deployment: Patroni) -> dict[str, int]:
    """``ttl``, ``loop_wait`` and ``retry_timeout`` in seconds. Values with which a leader could outlive its lease are
    set right as Patroni itself does it since 3.2: ttl at least 20, loop_wait + 2 x retry_timeout at most ttl
    (https://patroni.readthedocs.io/en/latest/dynamic_configuration.html)."""
    ttl, loop, retry = (-(-value // 1000) for value in (deployment.ttl, deployment.loop_wait, deployment.retry_timeout))
    ttl, loop, retry = max(ttl, _LEAST_TTL), max(loop, _LEAST_LOOP), max(retry, _LEAST_RETRY)
    if loop + 2 * retry > ttl:
        retry = max(_LEAST_RETRY, (ttl - loop) // 2)
        loop = min(loop, ttl - 2 * retry)
    return {"ttl": ttl, "loop_wait": loop, "retry_timeout": retry}


def _lease(context: Context, datastore: Datastore, etcd: Etcd | None) -> dict[str, Any]:
    """Who keeps the lease: etcd, by the names of its members, or the Kubernetes API, in ConfigMaps."""
    if etcd is None:
        labels = selector(datastore.name, SERVER)
        scope_label = next(iter(labels))
        return {
            "kubernetes": {
                "labels": {key: value for key, value in labels.items() if key != scope_label},
                "scope_label": scope_label,
                "role_label": ROLE_LABEL,
                "leader_label_value": LEADER,
                "follower_label_value": REPLICA,
            }
        }
    governing = part(datastore, ETCD)
    hosts = [pod_host(context, datastore, governing, f"{governing}-{number}") for number in range(etcd.members)]
    return {"etcd3": {"hosts": [f"{host}:{ETCD_PORT}" for host in hosts]}}


def _followed(context: Context, datastore: Datastore) -> dict[str, Any]:
    """The server that a new cluster follows until it is told otherwise; nothing where it starts empty."""
    host = context.settings.standby_of.get(datastore.name)
    if host is None:
        return {}
    slot = f"{datastore.name.replace('-', '_')}_standby"
    followed = {"host": host, "port": SERVER_PORT, "primary_slot_name": slot, "create_replica_methods": ["basebackup"]}
    return {"standby_cluster": followed}


def _shared(datastore: Datastore, deployment: Patroni) -> dict[str, Any]:
    return {
        **times(deployment),
        "maximum_lag_on_failover": _MIB,
        "synchronous_mode": deployment.synchronous,
        "failsafe_mode": deployment.failsafe,
        # Slots of subscriptions and of change data capture: Patroni drops every slot that it does not know.
        "ignore_slots": [{"type": "logical", "plugin": "pgoutput"}],
        "postgresql": {
            "use_pg_rewind": True,
            "use_slots": deployment.slots,
            "parameters": _shared_parameters(datastore, deployment),
        },
    }


def _shared_parameters(datastore: Datastore, deployment: Patroni) -> dict[str, Any]:
    """What has to be the same on every member, and what is kept for those that fall behind."""
    senders = max(10, 2 * deployment.members + 4)
    kept = None if datastore.storage is None else max(64, datastore.storage // _MIB // 5)
    parameters: dict[str, Any] = {
        "max_connections": server_limit(datastore)[0],
        # What logical replication needs, by which databases move between servers while they are used.
        "wal_level": "logical",
        "hot_standby": "on",
        "wal_log_hints": "on",
        "max_wal_senders": senders,
        "max_replication_slots": senders,
        # A leader that is cut off must not wait for its standbys when it stops: meanwhile Patroni 3.0 would start it
        # again, twice, and rewind its files below the running server.
        "wal_sender_timeout": f"{max(_LEAST_SENDER_TIMEOUT, times(deployment)['loop_wait'])}s",
        "password_encryption": "scram-sha-256",
    }
    if deployment.slots and kept is not None:
        # A member that never comes back must not fill the disk of the leader.
        parameters["max_slot_wal_keep_size"] = f"{kept}MB"
    if not deployment.slots:
        parameters["wal_keep_size"] = "128MB" if kept is None else f"{min(1024, kept)}MB"
    return parameters


def server_limit(datastore: Datastore) -> tuple[int, int]:
    """``max_connections``, and how many of them are reserved."""
    limit = default_limits().limit(datastore)
    most = limit.max or 100
    return most, min(limit.reserved, most - 1)


def own_parameters(datastore: Datastore) -> dict[str, str]:
    """What follows from the resources of one server. A quarter of the memory for its buffers is where PostgreSQL's
    documentation starts (19.4.1); as much again and half of the rest is what the kernel caches at best."""
    parameters = {"superuser_reserved_connections": str(server_limit(datastore)[1])}
    memory = datastore.resources.requests.memory or datastore.resources.limits.memory
    if memory is not None:
        parameters["shared_buffers"] = f"{max(16, memory // 4 // _MIB)}MB"
        parameters["effective_cache_size"] = f"{max(32, memory * 5 // 8 // _MIB)}MB"
    if datastore.storage is not None:
        parameters["max_wal_size"] = f"{max(80, min(1024, datastore.storage // 10 // _MIB))}MB"
    return parameters


def _server(context: Context, datastore: Datastore) -> dict[str, Any]:
    apply = f"/bin/sh {FOLDER}/apply.sh"
    everywhere = "scram-sha-256"
    return {
        "listen": f"0.0.0.0:{SERVER_PORT}",
        "data_dir": f"{DATA}/pgroot/data",
        "bin_dir": context.settings.tools.patroni_bin_dir,
        "pgpass": f"{RUN}/pgpass",
        "use_unix_socket": True,
        "authentication": {
            "superuser": {"username": SUPERUSER},
            "replication": {"username": REPLICATION},
            "rewind": {"username": REWIND},
        },
        "parameters": {
            "unix_socket_directories": RUN,
            # Nobody but Patroni's own user gets to the socket, where the superuser needs no password.
            "unix_socket_permissions": "0700",
            **own_parameters(datastore),
        },
        "pg_hba": [
            f"local all {SUPERUSER} trust",
            f"host replication {REPLICATION} all {everywhere}",
            f"host all {SUPERUSER} samehost {everywhere}",
            f"host all {SUPERUSER} all reject",
            f"host all all all {everywhere}",
        ],
        "basebackup": [{"checkpoint": "fast"}],
        "callbacks": {"on_start": apply, "on_role_change": apply},
    }


def variables(context: Context, datastore: Datastore) -> dict[str, str]:
    """What differs between members; ``POD_NAME`` and ``POD_IP`` are the pod's own."""
    host = pod_host(context, datastore, part(datastore, "headless"), "$(POD_NAME)")
    found = {
        "PATRONI_NAME": "$(POD_NAME)",
        "PATRONI_RESTAPI_CONNECT_ADDRESS": f"{host}:{REST_PORT}",
        "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"{host}:{SERVER_PORT}",
    }
    assert isinstance(datastore.deployment, Patroni)
    if datastore.deployment.etcd is None:
        found |= {"PATRONI_KUBERNETES_POD_IP": "$(POD_IP)", "PATRONI_KUBERNETES_NAMESPACE": "$(POD_NAMESPACE)"}
    return found
