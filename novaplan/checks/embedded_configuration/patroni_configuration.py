"""Patroni's settings fit together.

The leader must renew its lease before that runs out: ``ttl`` is at least ``loop_wait`` and twice ``retry_timeout``, or
a slow answer costs a healthy leader its role. Standbys connect for replication, which ``all`` in pg_hba does not stand
for. The data folder is on storage that is kept, else every restart of a pod copies the whole database again.
Source: https://patroni.readthedocs.io/en/latest/dynamic_configuration.html and
https://patroni.readthedocs.io/en/latest/yaml_configuration.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.embedded_configuration._patroni import at, patroni_files, place
from novaplan.checks.found import Found
from novaplan.checks.programs import Server
from novaplan.checks.reading import System
from novaplan.errors import nearest
from novaplan.importers.draft import Draft, MountedFile
from novaplan.topology.datastore import Patroni

SEVERITY = "error"
_TOP = frozenset(
    ("scope", "name", "namespace", "bootstrap", "postgresql", "restapi", "etcd", "etcd3", "consul", "zookeeper")
) | frozenset(("exhibitor", "kubernetes", "raft", "citus", "ctl", "log", "tags", "watchdog"))
_VARIABLES = ("PATRONI_ETCD", "PATRONI_KUBERNETES", "PATRONI_CONSUL", "PATRONI_ZOOKEEPER")
_STORES = ("etcd", "etcd3", "consul", "zookeeper", "exhibitor", "kubernetes", "raft")


def workloads(draft: Draft) -> Iterator[Found]:
    """The files of Patroni that are mounted."""
    for server, file, value in patroni_files(draft):
        if value is None:
            yield Found(server.label, f"{file.path} is no YAML, so Patroni exits", "mend it", file.where)
        elif value:
            yield from _of(server, file, value)


def topology(system: System) -> Iterator[Found]:
    """The times of each PostgreSQL with Patroni."""
    for store in system.topology.datastores:
        it = store.deployment
        if isinstance(it, Patroni) and it.ttl < it.loop_wait + 2 * it.retry_timeout:
            yield Found(
                store.name, _late(it.ttl, it.loop_wait, it.retry_timeout, 1000), "raise ttl", severity="warning"
            )


def _of(server: Server, file: MountedFile, value: dict[str, Any]) -> Iterator[Found]:
    for key in value:
        if key not in _TOP:
            text = f"Patroni knows no {key!r}{nearest(key, _TOP)} and ignores what stands there"
            yield Found(server.label, text, "correct the name", place(file, value, key), "warning")
    variables = {item.name for item in server.container.settings}
    if not any(key in value for key in _STORES) and not any(name.startswith(_VARIABLES) for name in variables):
        text = "names no store that could hold the lease of the leader, and Patroni exits"
        yield Found(server.label, text, "name etcd3, or kubernetes", file.where)
    yield from _times(server, file, value)
    yield from _access(server, file, value)
    folder = at(value, "postgresql").get("data_dir")
    kept = [
        item for item in server.container.mounts if f"{folder}/".startswith(f"{item.path}/") and item.kind != "empty"
    ]
    if isinstance(folder, str) and not kept:
        text = f"data_dir {folder} is on no volume: each new pod copies the whole database, and losing all loses it"
        where = place(file, at(value, "postgresql"), "data_dir")
        yield Found(server.label, text, "put it on a volume of the pod's own", where)


def _times(server: Server, file: MountedFile, value: dict[str, Any]) -> Iterator[Found]:
    dcs = at(value, "bootstrap", "dcs")
    ttl, wait, retry = (dcs.get(key, usual) for key, usual in (("ttl", 30), ("loop_wait", 10), ("retry_timeout", 10)))
    if all(isinstance(item, int) for item in (ttl, wait, retry)) and ttl < wait + 2 * retry:
        where = place(file, dcs, "ttl")
        yield Found(server.label, _late(ttl, wait, retry, 1), "raise ttl", where, "warning")


def _access(server: Server, file: MountedFile, value: dict[str, Any]) -> Iterator[Found]:
    for part in (at(value, "postgresql"), at(value, "bootstrap")):
        rules = part.get("pg_hba")
        if isinstance(rules, list) and not any("replication" in str(rule).split()[1:2] for rule in rules):
            text = "pg_hba has no line for replication, which all does not stand for: no standby can connect"
            remedy = "add host replication with the role of the standbys"
            yield Found(server.label, text, remedy, place(file, part, "pg_hba"))


def _late(ttl: int, wait: int, retry: int, unit: int) -> str:
    shown = [f"{item // unit} s" for item in (ttl, wait, retry)]
    return (
        f"ttl {shown[0]} is less than loop_wait {shown[1]} and twice retry_timeout {shown[2]}: a healthy leader may "
        "lose its lease while it still tries to renew it"
    )
