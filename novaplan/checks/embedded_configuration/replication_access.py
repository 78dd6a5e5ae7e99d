"""A role that is made for replication may connect for it.

The pg_hba.conf of the official image lets everybody with a password into every database, and ``all`` does not stand for
replication: replication connections are let in only from the machine itself. A standby on another host is refused with
no pg_hba.conf entry for replication connection.
Source: https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.embedded_configuration._sql import NAME, plain, setups
from novaplan.checks.found import Found
from novaplan.importers.draft import Draft

SEVERITY = "warning"
_MADE = re.compile(rf"^create (?:role|user) {NAME}\b.*\breplication\b", re.IGNORECASE)


def workloads(draft: Draft) -> Iterator[Found]:
    """Scripts that make such a role on a server that nothing gives a pg_hba.conf."""
    for setup in setups(draft):
        if not setup.whole or setup.server.last("hba_file") is not None:
            continue
        for item in setup.statements:
            match = _MADE.search(item.text)
            if match:
                text = (
                    f"makes {plain(match[1])} for replication, and the image's pg_hba.conf lets that in from the "
                    "machine itself alone: no standby can connect, and none is set up"
                )
                remedy = (
                    "let an agent such as Patroni set up replication, or mount a pg_hba.conf with a replication line"
                )
                yield Found(setup.server.label, text, remedy, item.where)
