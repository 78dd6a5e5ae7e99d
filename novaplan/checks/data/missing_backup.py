"""What cannot be made again is copied somewhere else.

Replicas copy a mistaken DELETE within milliseconds, and volumes go with their cluster. A database needs copies of
earlier states at another place, made by a job, by the server's own archiving, or by an agent beside it. Looked at:
databases with a volume of their own, and whether anything here names a tool or a setting that makes copies; one finding
for all of a description.
Source: https://www.postgresql.org/docs/current/backup.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.importers.draft import Container, Draft, Workload
from novaplan.importers.recognition import Recognition

SEVERITY = "note"
_DATABASES = frozenset(("postgres", "mysql", "mongodb", "clickhouse", "neo4j", "cassandra", "mariadb"))
_COPIES = re.compile(
    r"(?i)(?<!base)backup|velero|restic|pg_dump|archive_command|barman|wal-?g\b|pgbackrest|mysqldump|xtrabackup|"
    r"mongodump|snapshot-?schedule"
)


def workloads(draft: Draft) -> Iterator[Found]:
    """Databases of a description in which nothing makes copies."""
    if any(_makes_copies(workload) for workload in draft.workloads) or _named(draft):
        return
    recognition = Recognition()
    found = [item for item in draft.workloads if item.volumes and recognition.datastore(item) in _DATABASES]
    if found:
        names = ", ".join(item.name for item in found)
        yield Found(
            found[0].name,
            f"nothing here makes backups of {names}: what is deleted by mistake, or lost with the volumes, is gone",
            "make copies elsewhere by a schedule, and try to restore them",
            found[0].where,
        )


def _named(draft: Draft) -> bool:
    return any(_COPIES.search(f"{item.kind} {item.name} {item.api_version}") for item in draft.unmodelled)


def _makes_copies(workload: Workload) -> bool:
    return bool(_COPIES.search(workload.name)) or any(_COPIES.search(text) for text in _texts(workload.containers))


def _texts(containers: tuple[Container, ...]) -> Iterator[str]:
    for container in containers:
        yield f"{container.name} {container.image} {' '.join(container.command)}"
        yield from (f"{item.name} {item.text}" for item in container.settings)
        yield from (f"{item.path} {item.text}" for item in container.files)
