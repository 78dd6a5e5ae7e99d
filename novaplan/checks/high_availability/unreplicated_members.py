"""Several database servers in one workload copy each other's data.

``replicas: 3`` of a plain database image starts three databases that know nothing of each other. Behind one Service
each connection reaches another one: what was written through one is missing in the others, and they never agree again.
Replication takes an agent (Patroni, repmgr, an operator) or a start script that sets it up.
Source: https://www.postgresql.org/docs/current/high-availability.html and
https://kubernetes.io/docs/tasks/run-application/run-replicated-stateful-application/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, is_official, servers
from novaplan.importers.draft import Draft

SEVERITY = "error"
_NAMES = {"postgres": "PostgreSQL", "mysql": "MySQL", "mongo": "MongoDB", "redis-server": "Redis"}
_FLAGS = ("replSet", "configsvr", "replicaof", "slaveof", "cluster-enabled")
_SCRIPTS = ("basebackup", "primary_conninfo", "replset", "replicaof", "xtrabackup", "change master", "rs.initiate")
_WORDS = ("PATRONI", "REPMGR", "REPLICATION", "REPLICA", "PRIMARY_HOST", "MASTER_HOST", "GALERA", "WSREP", "CLUSTER")


def workloads(draft: Draft) -> Iterator[Found]:
    """Database images with more than one replica that nothing tells of each other."""
    for server in servers(draft, *_NAMES):
        count = server.workload.replicas
        if count < 2 or server.scripted or not is_official(server.container) or _is_replicated(server):
            continue
        first = _NAMES[server.program]
        hosts = [name for name in server.workload.hosts if name]
        behind = f" behind {', '.join(hosts)}" if hosts else ""
        yield Found(
            server.label,
            f"{count} replicas of a plain {first} are {count} separate databases{behind}: each connection reaches "
            "another one, writes scatter over them and nothing is copied",
            "run one server, or an agent that replicates and fails over (Patroni, an operator)",
            server.workload.where,
        )


def _is_replicated(server: Server) -> bool:
    """Something in the pod speaks of replication: a flag, a variable, a script, another container."""
    told = [item.name.upper() for item in server.container.settings if item.source == "env"]
    if server.last(*_FLAGS) is not None or any(word in name for name in told for word in _WORDS):
        return True
    texts = []
    for container in server.workload.containers:
        texts += [container.image or "", *container.command]
        texts += [item.text for item in container.files if item.path.endswith((".sh", ".conf", ".cnf"))]
    said = "\n".join(texts).lower()
    return any(word in said for word in _SCRIPTS)
