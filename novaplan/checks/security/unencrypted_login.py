"""A client that could log in encrypted is not told to do without.

``sslmode=disable`` sends every query, and what it returns, in the clear, and never notices that it talks to somebody
else; ``prefer``, which is the default, encrypts where the server can, and ``verify-full`` also looks whose certificate
it is.
Source: https://www.postgresql.org/docs/current/libpq-ssl.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.importers.draft import Draft, Where

SEVERITY = "note"
_OFF = re.compile(r"(?i)\bsslmode[ ]*=[ ]*disable\b|[?&](?:useSSL|ssl|tls)=false\b|\bssl-mode=DISABLED\b")


def workloads(draft: Draft) -> Iterator[Found]:
    """Settings that switch encryption off; a place that several share is told once."""
    seen: set[Where] = set()
    for workload in draft.workloads:
        for setting in (item for container in workload.containers for item in container.settings):
            match = _OFF.search(setting.text or "")
            if match and setting.where not in seen:
                seen.add(setting.where)
                name = setting.name or "an argument"
                option = match[0].strip("?&")
                text = f"{name} says {option}: what is asked and answered crosses the network in the clear"
                yield Found(workload.name, text, "let it verify the server, or encrypt where it can", setting.where)
