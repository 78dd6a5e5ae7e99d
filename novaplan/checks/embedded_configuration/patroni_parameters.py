"""PostgreSQL takes the parameters that Patroni hands it, and replicates with them.

Patroni writes ``parameters`` into postgresql.conf: one that PostgreSQL does not know ends its start, on every member.
``wal_level: minimal`` and ``max_wal_senders`` of 0 refuse standbys, fewer senders than standbys leave one behind, and a
server that listens on its loopback has no standbys and no clients. ``shared_buffers`` as large as the memory of the
container are refused by the kernel as soon as they are used.
Source: https://patroni.readthedocs.io/en/latest/patroni_configuration.html and
https://www.postgresql.org/docs/current/runtime-config-replication.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.embedded_configuration._known import known
from novaplan.checks.embedded_configuration._patroni import at, patroni_files, place
from novaplan.checks.embedded_configuration._units import PAGES
from novaplan.checks.found import Found
from novaplan.checks.programs import Server
from novaplan.errors import nearest
from novaplan.importers.draft import Draft
from novaplan.quantity import format_bytes

SEVERITY = "error"
_LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")


def workloads(draft: Draft) -> Iterator[Found]:
    """The parameters in the files of Patroni."""
    names = known("postgresql")
    for server, file, value in patroni_files(draft):
        if value is None:
            continue
        for node in (at(value, "bootstrap", "dcs", "postgresql", "parameters"), at(value, "postgresql", "parameters")):
            for name, stated in node.items():
                text = _wrong(name, str(stated), names, server.workload.replicas) or _large(server, name, str(stated))
                if text:
                    yield Found(server.label, text, "correct the parameter", place(file, node, name))
        node = at(value, "postgresql")
        host = str(node.get("listen", "")).rpartition(":")[0]
        if host in _LOOPBACK:
            text = f"PostgreSQL listens on {host} alone: no standby and no client can connect"
            yield Found(server.label, text, 'listen on "0.0.0.0:5432"', place(file, node, "listen"))


def _large(server: Server, name: str, value: str) -> str:
    limit, match = server.container.resources.limits.memory, re.fullmatch(r"(\d{1,12})\s*(\w*)", value)
    amount = int(match[1]) * PAGES.get(match[2].lower(), 0) if match else 0
    if name == "shared_buffers" and limit is not None and amount >= limit:
        return f"shared_buffers {value} in a container that may use {format_bytes(limit)}: it is killed for memory"
    return ""


def _wrong(name: str, value: str, names: frozenset[str], members: int) -> str:
    """What is wrong with a parameter, empty where nothing is."""
    if "." not in name and name not in names:
        return f"PostgreSQL knows no {name!r}{nearest(name, names)} and refuses to start"
    if name == "wal_level" and value == "minimal":
        return "wal_level minimal writes too little for standbys: none can be made"
    if name == "max_wal_senders" and value.isdecimal() and int(value) < members - 1:
        return f"max_wal_senders {value} is too few for {members - 1} standbys: what is left of them falls behind"
    return ""
