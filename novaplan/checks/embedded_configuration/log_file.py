"""Servers log to the console.

What goes to a file inside the container is missing in ``kubectl logs`` and in whatever collects logs, and the file
grows without an end on the disk of the node, until the kubelet evicts the pod for it.
Source: https://kubernetes.io/docs/concepts/cluster-administration/logging/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Directive, Server, servers
from novaplan.importers.draft import Draft, Where

SEVERITY = "note"


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis, Sentinel and PostgreSQL with a log file; a file that several read is told of once."""
    told: set[Where] = set()
    for server in servers(draft, "redis-server", "redis-sentinel", "postgres"):
        stated = _file(server)
        if stated is not None and stated.where not in told:
            told.add(stated.where)
            text = f"logs to {stated.first}, which nobody sees from outside, and which grows on the node's disk"
            yield Found(server.label, text, 'log to the console: logfile "", logging_collector off', stated.where)


def _file(server: Server) -> Directive | None:
    if server.program == "postgres":
        stated = server.last("logging_collector")
        return server.last("log_directory", "log_filename") or stated if stated and stated.first == "on" else None
    stated = server.last("logfile")
    return stated if stated is not None and stated.first not in ("", "/dev/stdout", "/proc/1/fd/1") else None
