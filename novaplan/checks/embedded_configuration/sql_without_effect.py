"""Statements of a set-up script do what they say.

``CREATE SCHEMA IF NOT EXISTS public AUTHORIZATION x`` finds the schema that every database is born with, prints a
notice and leaves its owner as it was. ``ALTER DEFAULT PRIVILEGES FOR ROLE x`` concerns only what x itself makes
later: when clients log in as another role, and make the tables, it grants nothing. Rights on tables without rights on
their sequences let nobody insert into a serial column.
Source: https://www.postgresql.org/docs/current/sql-createschema.html and
https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.embedded_configuration._sql import NAME, Setup, plain, setups
from novaplan.checks.found import Found
from novaplan.importers.draft import Draft
from novaplan.importers.hosts import Hosts

SEVERITY = "warning"
_PUBLIC = re.compile(rf"create schema if not exists \"?public\"? authorization {NAME}", re.IGNORECASE)
_DEFAULTS = re.compile(rf"alter default privileges for (?:role|user) {NAME}(.*)", re.IGNORECASE)
_LOGIN = re.compile(r"\bpostgres(?:ql)?://([A-Za-z0-9_.\-]+)(?::[^@\s]*)?@([A-Za-z0-9.\-]+)")


def workloads(draft: Draft) -> Iterator[Found]:
    """Scripts that servers run at their first start."""
    found = list(setups(draft))
    logins = _logins(draft) if found else {}
    for setup in found:
        for item in setup.statements:
            match = _PUBLIC.search(item.text)
            if match:
                text = (
                    f"CREATE SCHEMA IF NOT EXISTS public finds the schema of every new database, so in {item.database} "
                    f"{plain(match[1])} does not become its owner"
                )
                remedy = f"write ALTER SCHEMA public OWNER TO {plain(match[1])}"
                yield Found(setup.server.label, text, remedy, item.where)
        yield from _defaults(setup, logins.get(id(setup.server.workload), set()))


def _defaults(setup: Setup, logins: set[str]) -> Iterator[Found]:
    """One finding for each role whose future tables are given away."""
    stated = [(match, item) for item in setup.statements if (match := _DEFAULTS.search(item.text))]
    for role in dict.fromkeys(plain(match[1]) for match, _ in stated):
        own = [(match, item) for match, item in stated if plain(match[1]) == role]
        where = own[0][1].where
        if logins and role not in logins:
            text = (
                f"default privileges concern what {role} makes, and clients log in as {' and '.join(sorted(logins))}: "
                f"{len(own)} statements grant nothing on the tables that those make"
            )
            yield Found(setup.server.label, text, "name the role that makes the tables", where, "note")
        if not any(re.search(r"\bon sequences\b", match[2], re.IGNORECASE) for match, _ in own) and any(
            re.search(r"\binsert\b.*\bon tables\b", match[2], re.IGNORECASE) for match, _ in own
        ):
            text = (
                f"what {role} makes may be inserted into, but not its sequences used: serial columns refuse the insert"
            )
            remedy = "grant USAGE, SELECT ON SEQUENCES as well"
            yield Found(setup.server.label, text, remedy, where)


def _logins(draft: Draft) -> dict[int, set[str]]:
    """The roles in the URLs of clients, by ``id`` of the workload that they lead to."""
    found: dict[int, set[str]] = defaultdict(set)
    hosts = Hosts(draft)
    for workload in draft.workloads:
        for setting in (item for container in workload.containers for item in container.settings):
            for role, host in _LOGIN.findall(setting.text or ""):
                for index in hosts.answer(host, workload.namespace).workloads:
                    found[id(draft.workloads[index])].add(role)
    return found
