"""Programs know every directive of their configuration.

Redis, Sentinel, PostgreSQL, PgBouncer and etcd refuse to start on a directive or flag that they do not know, be it
misspelt, made up, or that of another program; of etcd's variables an unknown one is ignored.
The names come from the programs themselves: ``CONFIG GET *``, ``pg_settings``, ``SHOW CONFIG``, ``etcd --help``, and
https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ for the directives of Sentinel.
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.embedded_configuration._known import known
from novaplan.checks.found import Found
from novaplan.checks.programs import Server, assignments, servers
from novaplan.errors import nearest
from novaplan.importers.draft import Draft, Where

SEVERITY = "error"
_NAMES = {
    "redis-server": "Redis",
    "redis-sentinel": "Sentinel",
    "postgres": "PostgreSQL",
    "pgbouncer": "PgBouncer",
    "etcd": "etcd",
}


_MODES = ("single", "boot", "version", "help")
_MODULES = ("search-", "bf-", "cf-", "ts-", "cms-", "tdigest-", "json-")
"""Directives of the modules that Redis 8 brings."""


def workloads(draft: Draft) -> Iterator[Found]:
    """Files and flags of these servers; a file that several read is told of once."""
    told: set[tuple[str, int | None, str]] = set()
    for server in servers(draft, *_NAMES):
        for name, where, table, fatal in _unknown(server):
            if (place := (where.file, where.line, name)) in told:
                continue
            told.add(place)
            program = _NAMES[server.program]
            end = "refuses to start" if fatal else "ignores it"
            text = f"{program} knows no {name!r}{nearest(name, table)} and {end}"
            yield Found(server.label, text, "remove the directive, or correct it", where, None if fatal else "warning")


def _unknown(server: Server) -> Iterator[tuple[str, Where, frozenset[str], bool]]:
    if server.program.startswith("redis"):
        yield from _redis(server)
    elif server.program == "postgres":
        names = known("postgresql")
        for item in server.directives:
            name = item.name.replace("-", "_").lower()
            if len(name) > 1 and "." not in name and not names & {name, name[1:]} and name not in _MODES:
                yield name, item.where, names, True
    elif server.program == "pgbouncer":
        names = known("pgbouncer")
        for file in server.container.files:
            if file.path.endswith("pgbouncer.ini") and "[pgbouncer]" in file.text:
                start = file.text.partition("[pgbouncer]")[0].count("\n") + (file.where.line or 1)
                for item in assignments(file, "#;"):
                    if (item.where.line or 0) > start and not item.name.startswith("%") and item.name not in names:
                        yield item.name, item.where, names, True
    else:
        yield from _etcd(server)


def _redis(server: Server) -> Iterator[tuple[str, Where, frozenset[str], bool]]:
    names = known("redis")
    sentinel = server.program == "redis-sentinel"
    for item in server.stated:
        first, _, second = item.name.partition(" ")
        if first == "sentinel" and (not sentinel or second not in known("sentinel")) and item.name != "sentinel":
            yield item.name, item.where, frozenset(f"sentinel {word}" for word in known("sentinel")), True
        elif first != "sentinel" and first not in names and not first.startswith(_MODULES) and "." not in first:
            yield first, item.where, names, True


def _etcd(server: Server) -> Iterator[tuple[str, Where, frozenset[str], bool]]:
    names = known("etcd")
    variables = frozenset(f"ETCD_{name.replace('-', '_').upper()}" for name in names)
    for item in server.directives:
        if item.name not in names and not item.name.startswith("experimental-"):
            yield f"--{item.name}", item.where, frozenset(f"--{name}" for name in names), True
    for setting in server.container.settings:
        name = setting.name
        if "bitnami" in (server.container.image or ""):
            return  # its start script has variables of its own
        ours = setting.source == "env" and setting.shared is None and name.startswith("ETCD_")
        if ours and not name.startswith("ETCD_EXPERIMENTAL_") and name not in variables:
            yield name, setting.where, variables, False
