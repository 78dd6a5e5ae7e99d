"""What a datastore keeps is on storage that outlives its container.

A container's own files go with it, and so does an ``emptyDir`` with its pod: a restart elsewhere finds an empty server.
Images keep data in known folders, some in two: the transaction log of ZooKeeper is apart from its snapshots, and losing
it alone brings back an old state. PostgreSQL refuses a data folder that is the root of a new file system, since
lost+found is in it.
Source: the documentation of each image, such as https://github.com/docker-library/docs/blob/master/postgres/README.md
and https://docs.confluent.io/platform/current/installation/docker/operations/external-volumes.html
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft, Mount
from novaplan.importers.recognition import image_path

SEVERITY = "warning"
_FOLDERS: dict[str, tuple[str, ...]] = {
    "postgres": ("/var/lib/postgresql/data",),
    "mysql": ("/var/lib/mysql",),
    "mongo": ("/data/db",),
    "cp-kafka": ("/var/lib/kafka/data",),
    "cp-zookeeper": ("/var/lib/zookeeper/data", "/var/lib/zookeeper/log"),
    "zookeeper": ("/data", "/datalog"),
    "rabbitmq": ("/var/lib/rabbitmq",),
    "elasticsearch": ("/usr/share/elasticsearch/data",),
    "neo4j": ("/data",),
    "clickhouse": ("/var/lib/clickhouse",),
    "milvus": ("/var/lib/milvus",),
    "etcd": (),
}
_OFFICIAL = (
    "postgres",
    "mysql",
    "mariadb",
    "mongo",
    "cp-kafka",
    "cp-zookeeper",
    "zookeeper",
    "rabbitmq",
    "elasticsearch",
)
_IMAGES = frozenset((*_OFFICIAL, "neo4j", "clickhouse-server", "milvus", "etcd", "postgis", "timescaledb"))


def workloads(draft: Draft) -> Iterator[Found]:
    """Datastores of the usual images."""
    for server in servers(draft, "kafka", *_FOLDERS):
        path = image_path(server.container.image or "")
        if server.scripted or not path or path[-1] not in _IMAGES or "bitnami" in path:
            continue
        folders = _folders(server, path[-1])
        missing = [item for item in folders if not _kept(server, item)]
        if missing:
            yield _lost(server, missing, whole=len(missing) == len(folders))
        elif server.program == "postgres":
            yield from _root(server, folders[0])


def _folders(server: Server, image: str) -> tuple[str, ...]:
    stated = {item.name: item.text for item in server.container.settings}
    if server.program == "postgres":
        return (stated.get("PGDATA") or _FOLDERS["postgres"][0],)
    if server.program == "etcd":
        flag = server.last("data-dir")
        folder = (flag.first if flag is not None else stated.get("ETCD_DATA_DIR")) or "/default.etcd"
        return (folder,)
    return _FOLDERS.get(image) or _FOLDERS.get(server.program, ())


def _lost(server: Server, missing: list[str], *, whole: bool) -> Found:
    at = " and ".join(missing)
    empty = any(_mount(server, item) is not None for item in missing)
    held = "in an emptyDir, which goes with its pod" if empty else "inside the container, and is not mounted"
    rest = "" if whole else "; the rest of its data stays, and no longer fits to it"
    text = f"keeps its data at {at} {held}: a new pod or container starts without them{rest}"
    return Found(server.label, text, f"mount a volume at {at}", server.workload.where)


def _root(server: Server, folder: str) -> Iterator[Found]:
    mount = _mount(server, folder)
    if mount is not None and mount.path == folder and mount.kind == "claim" and server.workload.namespace is not None:
        text = (
            f"its data folder {folder} is the root of a volume: a new file system has lost+found there, and initdb "
            "refuses a folder that is not empty"
        )
        yield Found(server.label, text, f"set PGDATA to {folder}/pgdata", mount.where)


def _mount(server: Server, folder: str) -> Mount | None:
    """The mount that holds a folder: the innermost one."""
    found = [item for item in server.container.mounts if f"{folder}/".startswith(f"{item.path.rstrip('/')}/")]
    return max(found, key=lambda item: len(item.path), default=None)


def _kept(server: Server, folder: str) -> bool:
    mount = _mount(server, folder)
    return mount is not None and mount.kind != "empty"
