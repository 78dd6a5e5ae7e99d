"""What is mounted for the first start of a database is run, once, and is meant to be.

The official images run ``.sql`` and ``.sh`` files of /docker-entrypoint-initdb.d when the data folder is empty, and
ignore other names. Migrations do not belong there: the ones added later never run on data that is there, and a client
that runs migrations itself finds the tables of the first ones made already, and no record that they ran.
Source: https://github.com/docker-library/docs/blob/master/postgres/README.md (Initialization scripts)
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft, Mount

SEVERITY = "warning"
_FOLDER = "/docker-entrypoint-initdb.d"
_RUN = {
    "postgres": (".sql", ".sh", ".sql.gz", ".sql.xz", ".sql.zst"),
    "mysql": (".sql", ".sh", ".sql.gz", ".sql.xz", ".sql.zst", ".sql.bz2"),
    "mongo": (".js", ".sh"),
}


def workloads(draft: Draft) -> Iterator[Found]:
    """Files and folders that are mounted there."""
    for server in servers(draft, *_RUN):
        for file in server.container.files:
            if file.path.startswith(f"{_FOLDER}/") and not file.path.endswith(_RUN[server.program]):
                name = file.path.rpartition("/")[2]
                endings = ", ".join(_RUN[server.program])
                text = f"{name} is mounted for the first start and ignored: the image runs {endings}"
                yield Found(server.label, text, "give it one of these endings", file.where)
        for mount in server.container.mounts:
            if mount.path == _FOLDER and "migration" in mount.name.lower():
                yield _migrations(server, mount, draft)


def _migrations(server: Server, mount: Mount, draft: Draft) -> Found:
    clients = sorted(
        workload.name
        for workload in draft.workloads
        for container in workload.containers
        for setting in container.settings
        if "MIGRAT" in setting.name.upper() and (setting.text or "").lower() in ("true", "1", "yes", "on")
    )
    text = f"runs the migrations of {mount.name} once, when its data folder is empty: later ones never run"
    if clients:
        text += f", and {', '.join(dict.fromkeys(clients))} runs them again and finds their tables made"
    return Found(server.label, text, "leave migrations to one tool that records what ran", mount.where)
