"""Set-up scripts name roles and databases that are there by then.

The image runs the scripts once, in the order of their names, and stops at the first error: the container exits, finds
its data folder no longer empty at the next start, and skips everything that was left to do. The role ``postgres``
exists only where POSTGRES_USER is not another, and the database of POSTGRES_DB exists before the first script.
Source: https://github.com/docker-library/docs/blob/master/postgres/README.md (Initialization scripts)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.embedded_configuration._sql import NAME, Setup, Statement, plain, setups
from novaplan.checks.found import Found
from novaplan.errors import nearest
from novaplan.importers.draft import Draft

SEVERITY = "error"
_ROLE_MADE = re.compile(rf"^create (?:role|user|group) (?:if not exists )?{NAME}", re.IGNORECASE)
_DATABASE_MADE = re.compile(rf"^create database {NAME}", re.IGNORECASE)
_CONNECT = re.compile(rf"^\\(?:c|connect) {NAME}")
_ROLES_USED = (
    re.compile(rf"\b(?:authorization|owner to|owner) =? ?{NAME}", re.IGNORECASE),
    re.compile(rf"^(?:grant|alter default privileges)\b.* to {NAME}(?: with grant option)?$", re.IGNORECASE),
    re.compile(rf"^alter default privileges for (?:role|user) {NAME}", re.IGNORECASE),
    re.compile(rf"^alter (?:role|user) {NAME}", re.IGNORECASE),
)
_ALWAYS = ("public", "current_user", "session_user", "current_role", "all")
_END = "the script stops there, the container exits, and its next start skips the rest"


def workloads(draft: Draft) -> Iterator[Found]:
    """Scripts that servers run at their first start."""
    for setup in setups(draft):
        if setup.whole:
            for item, text, remedy in _wrong(setup):
                yield Found(setup.server.label, f"{text}: {_END}", remedy, item.where)


def _wrong(setup: Setup) -> Iterator[tuple[Statement, str, str]]:
    roles, databases = {setup.user}, {"postgres", "template1", setup.database}
    for item in setup.statements:
        made, database, connect = (one.search(item.text) for one in (_ROLE_MADE, _DATABASE_MADE, _CONNECT))
        if made:
            if plain(made[1]) in roles:
                yield item, f"the role {plain(made[1])} is made, and exists already", "make it once"
            roles.add(plain(made[1]))
        if database:
            name = plain(database[1])
            if name in databases:
                yield (
                    item,
                    f"the database {name} is made, and exists already",
                    "make it once, or leave it to POSTGRES_DB",
                )
            databases.add(name)
        if connect and plain(connect[1]) not in databases and connect[1] != "-":
            name = plain(connect[1])
            yield item, f"connects to {name}, which nothing made{nearest(name, databases)}", "make it before"
        for name in dict.fromkeys(plain(match[1]) for one in _ROLES_USED for match in one.finditer(item.text)):
            if name not in roles and name not in _ALWAYS and not name.startswith("pg_"):
                yield item, f"names the role {name}, which nothing made{nearest(name, roles)}", "make it before"
