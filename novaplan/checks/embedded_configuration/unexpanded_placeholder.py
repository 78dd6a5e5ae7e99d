"""Placeholders stand where something puts values in their place.

Redis, PostgreSQL and PgBouncer read their files as they are: ``requirepass ${PASSWORD}`` makes those eleven characters
the password. Kubernetes fills ``$(VAR)`` in arguments only from the variables of that container; of a name that it does
not know the text stays.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/config/ and
https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.programs import lines, servers
from novaplan.errors import nearest
from novaplan.importers.draft import Container, Draft, Setting

SEVERITY = "error"
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_]\w*)[^}]*\}|\$\(([A-Za-z_]\w*)\)|\{\{\s*([\w.]+)\s*\}\}")
_VARIABLE = re.compile(r"(?<!\$)\$\(([A-Z_][A-Z0-9_]*)\)")
_SHELLS = frozenset(("sh", "bash", "ash", "dash"))


def workloads(draft: Draft) -> Iterator[Found]:
    """The files that these servers read, and the arguments of every container."""
    for server in servers(draft, "redis-server", "redis-sentinel", "postgres"):
        for where, line in lines(server.config) if server.config is not None else ():
            match = _PLACEHOLDER.search(line)
            if match and not line.startswith("#"):
                name = match[1] or match[2] or match[3]
                text = f"nobody puts a value in the place of {name} in this file, so the text itself is used"
                remedy = "write the file in a start script, or give the value as a flag"
                yield Found(server.label, text, remedy, where)
    if draft.default_namespace is None:
        return
    for workload in draft.workloads:
        for container in workload.containers:
            known = {item.name for item in container.settings if item.source == "env"}
            for setting, name in _left(container):
                if name not in known:
                    place = setting.name or "an argument"
                    text = f"$({name}) in {place} is no variable of {container.name}: the text stays as it is"
                    yield Found(workload.name, text, f"define {name}{nearest(name, known)} before it", setting.where)


def _left(container: Container) -> Iterator[tuple[Setting, str]]:
    shell = bool(container.command) and container.command[0].rpartition("/")[2] in _SHELLS
    for setting in container.settings:
        if setting.secret is None and setting.config is None and not (shell and setting.source == "argument"):
            for match in _VARIABLE.finditer(setting.text or ""):
                yield setting, match[1]
