"""An agent that fails over has somebody to fail over to.

Patroni with one member restarts it in place and promotes nobody: losing its node or its volume loses the database, with
all the parts of a cluster around it.
Source: https://patroni.readthedocs.io/en/latest/README.html
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import servers
from novaplan.checks.reading import System
from novaplan.importers.draft import Draft
from novaplan.topology.datastore import Patroni, Sentinel

SEVERITY = "warning"
_REMEDY = "run three members, or a plain server without the agent"


def workloads(draft: Draft) -> Iterator[Found]:
    """Patroni in a stateful set of one pod."""
    for server in servers(draft, "patroni"):
        if server.workload.kind == "statefulset" and server.workload.replicas == 1:
            text = "Patroni runs one member: when that is lost there is no standby to promote"
            yield Found(server.label, text, _REMEDY, server.workload.where)


def topology(system: System) -> Iterator[Found]:
    """Datastores with an agent and one member."""
    for store in system.topology.datastores:
        if isinstance(store.deployment, Patroni | Sentinel) and store.deployment.members == 1:
            yield Found(store.name, "runs one member: when that is lost there is none to promote", _REMEDY)
