"""Voters that coordinate a failover are asked by something.

etcd beside a database does nothing by itself: it holds the lease of an agent such as Patroni. Where no program is given
its address, members are kept, backed up and waited for, and nothing fails over.
Source: https://patroni.readthedocs.io/en/latest/README.html
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import servers
from novaplan.importers.draft import Draft

SEVERITY = "warning"
_ASKS = ("patroni", "postgres-operator", "kube-apiserver", "apiserver", "vitess", "coredns", "milvus", "apisix", "rook")


def workloads(draft: Draft) -> Iterator[Found]:
    """etcd beside a plain PostgreSQL, whose name stands in no running container's settings or files."""
    databases = {item.workload.namespace for item in servers(draft, "postgres")}
    found = [item for item in servers(draft, "etcd") if item.workload.namespace in databases]
    if not found:
        return
    own = {id(item.workload) for item in found}
    texts = []
    for workload in draft.workloads:
        for container in workload.containers if id(workload) not in own else ():
            if container.kind != "init":
                texts += [container.image or "", *(item.text or "" for item in container.settings)]
                texts += [item.text for item in container.files]
    said = "\n".join(texts)
    for server in found:
        if not any(host in said for host in server.workload.hosts) and not any(name in said for name in _ASKS):
            text = "holds the lease of nobody: no program here is given its address, so it makes nothing fail over"
            remedy = "run the agent that it is meant for, or remove it"
            yield Found(server.label, text, remedy, server.workload.where)
