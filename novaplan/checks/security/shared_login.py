"""Each service logs in as itself, and none as the superuser.

With one role for several services none of them can be shut out, given fewer rights or told apart in the log; a password
that leaks opens the data of all. A superuser can do everything to every database of the server, by mistake too.
Source: https://www.postgresql.org/docs/current/role-attributes.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.reading import System
from novaplan.importers.addresses.wordlist import word_list
from novaplan.importers.draft import Draft, Where

SEVERITY = "warning"
_SUPERUSERS = word_list("postgres root elastic sa admin")
_ASKED = frozenset({"postgres", "mysql", "mariadb", "elasticsearch", "mongodb", "clickhouse", "sqlserver"})


_URL = re.compile(
    r"\b(?P<kind>postgres(?:ql)?|mysql|mariadb|mongodb|clickhouse)(?:\+\w+)?://(?P<user>[^\s:/@]+)(?::[^\s@]*)?@(?P<host>[^\s:/?,]+)"
)


def topology(system: System) -> Iterator[Found]:
    """Roles of several services, and services that are superusers."""
    stores, services = system.topology.datastore, system.topology.service
    users: dict[tuple[str, str], dict[str, Where | None]] = defaultdict(dict)
    for edge in system.topology.dependencies:
        store = stores.get(edge.server)
        if edge.user and store is not None and store.kind in _ASKED and edge.client in services and not edge.possible:
            users[edge.server, edge.user][edge.client] = None
    yield from _told(users)


def workloads(draft: Draft) -> Iterator[Found]:
    """The same, of the addresses that containers are given."""
    users: dict[tuple[str, str], dict[str, Where | None]] = defaultdict(dict)
    for workload in draft.workloads:
        for item in (item for container in workload.containers for item in container.settings):
            for match in _URL.finditer(item.text or ""):
                if not match["user"].startswith("$"):
                    host = match["host"].partition(".")[0]
                    users[host, match["user"]].setdefault(workload.name, item.where)
    yield from _told(users)


def _told(users: dict[tuple[str, str], dict[str, Where | None]]) -> Iterator[Found]:
    for (server, user), clients in sorted(users.items()):
        names = ", ".join(sorted(clients))
        where = clients[min(clients)]
        if user in _SUPERUSERS:
            told = "log in" if len(clients) > 1 else "logs in"
            message = f"{names} {told} as {user}, who may do everything"
            yield Found(server, message, "give each service a role with what it needs", where)
        elif len(clients) > 1:
            yield Found(server, f"{names} log in as the same {user}", "give each service a role of its own", where)
