"""A probe that asks a server for a password logs in, and notices when it is refused.

``redis-cli ping`` to a Redis with a password is answered with NOAUTH, and redis-cli exits with 0 all the same: the
probe passes whether the server works or not, and whoever waits for it waits for nothing. REDISCLI_AUTH logs in,
``-e`` or a look at the answer (``| grep -q PONG``) notices.
Source: https://redis.io/docs/latest/develop/tools/cli/ and https://github.com/redis/redis/pull/8136
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft

SEVERITY = "warning"
_LOGIN = re.compile(r"(?:^|\s)(?:-a|--pass|--askpass|-e|--user|auth)\b|grep|PONG|REDISCLI_AUTH")


def workloads(draft: Draft) -> Iterator[Found]:
    """Redis servers with a password and a probe that runs redis-cli."""
    for server in servers(draft, "redis-server"):
        if server.last("requirepass") is None or _logs_in(server):
            continue
        probes = server.container.probes
        for name in ("startup", "readiness", "liveness"):
            probe = getattr(probes, name)
            command = " ".join(probe.command) if probe is not None else ""
            if "redis-cli" in command and not _LOGIN.search(command):
                shown = "health check" if draft.default_namespace is None else f"{name} probe"
                text = f"its {shown} does not log in: Redis answers NOAUTH, redis-cli exits with 0, so it never fails"
                remedy = "set REDISCLI_AUTH in the container, and look at the answer: redis-cli ping | grep -q PONG"
                yield Found(server.label, text, remedy, server.workload.where)
                break


def _logs_in(server: Server) -> bool:
    return any(item.name == "REDISCLI_AUTH" for item in server.container.settings)
