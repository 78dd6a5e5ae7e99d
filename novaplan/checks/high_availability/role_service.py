"""A Service that is called after a role leads to the servers that have it now.

A Service selects by labels. Where the label is no more than the name of the workload, a Service called ``primary``
spreads connections over every member, and one called ``replicas`` hands out the primary too. Where the label is that of
a workload that was the master first, the Service goes on leading there after a failover, and writes are refused by what
is a replica by then. Patroni and operators keep a ``role`` label on the pods for Services to select.
Source: https://patroni.readthedocs.io/en/latest/kubernetes.html and
https://redis.io/docs/latest/develop/reference/sentinel-clients/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.cluster import Workload as Controller
from novaplan.checks.found import Found
from novaplan.checks.programs import servers
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE, labels_of
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "error"
_WRITES = frozenset(("primary", "master", "leader", "writer", "rw"))
_READS = frozenset(("replica", "replicas", "standby", "standbys", "secondary", "slave", "slaves", "readonly", "ro"))
_ROLE = re.compile(r"(^|[/.\-])(role|spilo-role|cnpg\.io/instanceRole)$", re.IGNORECASE)
_STORES = ("postgres", "patroni", "mysql", "mongo", "redis-server")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Services of databases whose name, or whose selector, is a role."""
    if cluster.draft is None:
        return
    homes: dict[tuple[str, str], str] = {}
    watched: set[str] = set()
    for server in servers(cluster.draft, *_STORES, "redis-sentinel"):
        space = server.workload.namespace or DEFAULT_NAMESPACE
        if server.program == "redis-sentinel":
            watched.add(space)
        else:
            homes[space, server.workload.name] = server.program
    for service in cluster.of_kind("Service"):
        behind = [item for item in cluster.behind(service) if (item.namespace, item.name) in homes]
        if behind and not any(_ROLE.search(key) for key in labels_of(service.spec.get("selector"))):
            yield from _scattered(service, behind)
            programs = {homes[item.namespace, item.name] for item in behind}
            if programs == {"redis-server"} and behind[0].namespace in watched:
                yield from _left_behind(
                    service, behind, [name for space, name in homes if space == behind[0].namespace]
                )


def _scattered(service: Manifest, behind: list[Controller]) -> Iterator[Found]:
    words = set(re.split(r"[^a-z]+", service.name.lower()))
    count = sum(item.replicas for item in behind)
    if count < 2 or not words & (_WRITES | _READS):
        return
    names = " and ".join(item.label for item in behind)
    where = place(service, service.spec, "selector")
    if words & _WRITES:
        text = f"is called after the primary and selects all {count} pods of {names}: writes go to any of them"
        yield Found(label(service), text, "select the primary by a role label that the failover agent keeps", where)
    elif not _are_replicas(behind):
        text = f"is called after the replicas and selects all {count} pods of {names}, the primary among them"
        yield Found(label(service), text, "select replicas by a role label that the failover agent keeps", where)


def _are_replicas(behind: list[Controller]) -> bool:
    return all(set(re.split(r"[^a-z]+", item.name.lower())) & _READS for item in behind)


def _left_behind(service: Manifest, behind: list[Controller], servers_there: list[str]) -> Iterator[Found]:
    """Leads to one of several servers that Sentinels move the role between."""
    governs = any(text_of(item.manifest.spec.get("serviceName")) == service.name for item in behind)
    if len(behind) == 1 and behind[0].replicas == 1 and len(servers_there) > 1 and not governs:
        text = (
            f"leads to {behind[0].label} alone, whoever is master: after a failover its clients write to a replica, "
            "which refuses them"
        )
        remedy = "let clients ask the Sentinels for the master, or put a proxy that follows the role behind this name"
        yield Found(label(service), text, remedy, place(service, service.spec, "selector"))
