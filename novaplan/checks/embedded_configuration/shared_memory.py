"""PostgreSQL has the shared memory that parallel queries use.

A container gets 64 MB at /dev/shm, and Kubernetes has no field for more: a parallel hash join that needs more ends with
could not resize shared memory segment. An ``emptyDir`` of medium Memory mounted there gives as much as the limit of the
container.
Source: https://github.com/docker-library/docs/blob/master/postgres/README.md (Caveats) and
https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import mounted_below, servers
from novaplan.importers.draft import Draft

SEVERITY = "note"


def workloads(draft: Draft) -> Iterator[Found]:
    """PostgreSQL servers in Kubernetes."""
    for server in servers(draft, "postgres", "patroni") if draft.default_namespace is not None else ():
        settings = server.last("dynamic_shared_memory_type", "max_parallel_workers_per_gather")
        if not mounted_below(server.container, "/dev/shm") and settings is None:
            text = "has the usual 64 MB at /dev/shm: large parallel queries end with an error"
            remedy = "mount an emptyDir of medium Memory at /dev/shm"
            yield Found(server.label, text, remedy, server.workload.where)
