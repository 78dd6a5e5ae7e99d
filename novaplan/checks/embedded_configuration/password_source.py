"""A password stands in one place, and everything that uses it reads it there.

A server that takes its password from a Secret, beside a configuration file or a Sentinel that holds it as text, works
until the Secret is changed: then Sentinels cannot log in, see the master as down, and fail over for ever or never.
Where a flag and a file both say it, the flag wins and the file misleads. Passwords that differ already lock each
other out.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ (Sentinel and Redis authentication)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Directive, Server, servers
from novaplan.importers.draft import Draft, Where

SEVERITY = "warning"
_REMEDY = "take it from the Secret in both places: write the file in a start script"


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis servers and Sentinels by namespace."""
    groups: dict[str | None, list[Server]] = defaultdict(list)
    for server in servers(draft, "redis-server", "redis-sentinel"):
        groups[server.workload.namespace].append(server)
    told: set[Where] = set()
    for group in groups.values():
        for found in _of(group):
            if found.where not in told and found.where is not None:
                told.add(found.where)
                yield found


def _of(group: list[Server]) -> Iterator[Found]:
    data = [item for item in group if item.program == "redis-server"]
    opened = next((item.last("requirepass") for item in data if item.last("requirepass")), None)
    for server in data:
        stated = server.all("requirepass")
        if len(stated) > 1 and {item.source for item in stated} == {"file", "argument"}:
            text = (
                "requirepass stands in the file as text and again as a flag, which wins: changing one leaves the other"
            )
            yield Found(server.label, text, "remove the line from the file", stated[0].where)
    for server in group:
        if server.program == "redis-sentinel" and not server.scripted and server.last("sentinel monitor"):
            yield from _sentinel(server, opened)


def _sentinel(server: Server, opened: Directive | None) -> Iterator[Found]:
    login, monitor = server.last("sentinel auth-pass"), server.last("sentinel monitor")
    if opened is None:
        return
    if login is None:
        text = "watches a server that asks for a password and has no auth-pass: it takes the master for down at once"
        where = monitor.where if monitor is not None else None
        yield Found(server.label, text, "add sentinel auth-pass with the same password", where, "error")
    elif (
        len(login.words) > 1
        and login.words[1].strip("\"'") != opened.first
        and "$" not in login.words[1] + opened.first
    ):
        text = "auth-pass is not the password of the server it watches: it cannot log in, and takes the master for down"
        yield Found(server.label, text, "use the same password", login.where, "error")
    elif login.source == "file" and opened.written and opened.written != opened.words:
        text = "auth-pass holds as text what the server takes from a variable: change that and Sentinel cannot log in"
        yield Found(server.label, text, _REMEDY, login.where)
