"""What a script waits for before a program starts: ``until nc -z db 5432; do sleep 1; done`` and its relatives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from novaplan.checks.cluster import Cluster, Container, Workload
from novaplan.importers.draft import Where
from novaplan.importers.kubernetes.manifests import text_of

_HOST: Final = r"(?P<host>[A-Za-z0-9][A-Za-z0-9.\-]*)"
_WORD: Final = r"[^\s;|&\"']+"
_FLAGS: Final = r"(?:-[a-zA-Z\-]+(?:[ =]\d+)?[ \t]+)*"
_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:nc|ncat|netcat|telnet)[ \t]+{_FLAGS}{_HOST}[ \t]+(?P<port>\d+)",
        rf"/dev/(?:tcp|udp)/{_HOST}/(?P<port>\d+)",
        rf"\b(?:wait-for-it|wait-for|wait4x|wait-on|dockerize)(?:\.sh)?\b[^;\n]*?(?:[a-z]+://)?{_HOST}:(?P<port>\d+)",
        rf"\b(?:curl|wget|http)\b[^;\n|&]*?https?://(?:[^\s@/\"']*@)?{_HOST}(?::(?P<port>\d+))?",
        rf"\b(?:pg_isready|psql|redis-cli|mysqladmin|mysql|mongosh|mongo|cqlsh|valkey-cli)\b[^;\n|&]*?"
        rf"(?:-h[ \t]*|--host[ =]){_HOST}(?:[^;\n|&]*?(?:-[pP][ \t]*|--port[ =])(?P<port>\d+))?",
        rf"\betcdctl\b[^;\n|&]*?--endpoints?[ =](?:https?://)?{_HOST}:(?P<port>\d+)",
        rf"\b(?:nslookup|getent[ \t]+hosts|dig[ \t]+\+short|ping)[ \t]+{_FLAGS}{_HOST}(?P<port>(?!))?",
    )
)
# What waits is a script that takes its targets as arguments.
_ALONE = re.compile(r"(?P<host>[a-z][a-z0-9.\-]*[a-z0-9]):(?P<port>\d{2,5})")
_LOOP = re.compile(r"\b(?:until|while)\b")
_ENDS = re.compile(
    rf"\btimeout[ \t]+{_WORD}|\bbreak\b|\bexit[ \t]+[1-9]|"
    r"\b(?:SECONDS|retries|attempts?|tries|count|n|i)\b[\"}]?[ \t]*"
    r"(?:-(?:lt|le|gt|ge|eq)|[<>+]|\+\+|=[ \t]*\$\(\()",
    re.IGNORECASE,
)
_GUARD = re.compile(r"\b(?:if|case|hostname|HOSTNAME|POD_NAME|ordinal)\b|\[\[")
_VARIABLE = re.compile(r"\$\((\w+)\)|\$\{(\w+)(?::-[^}]*)?\}|\$(\w+)")


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that an init container waits for."""

    workload: Workload
    container: str
    host: str
    port: int | None
    where: Where
    endless: bool
    """It is tried again and again, and nothing ends that."""
    tool: str
    """The first word of the command that asks."""
    guarded: bool
    """The script looks at more before it waits, so it may not wait everywhere."""


def gates(cluster: Cluster) -> Iterator[Gate]:
    """What the init containers of ``cluster`` wait for, each host and port of a script once."""
    for workload in cluster.workloads:
        for container in workload.init_containers:
            if container.get("restartPolicy") != "Always":
                yield from of_container(workload, container)


def of_container(workload: Workload, container: Container) -> Iterator[Gate]:
    """The same of one container."""
    known = {
        text_of(item.get("name")): text_of(item.get("value"))
        for item in workload.manifest.maps(container, "env")
        if item.get("value") is not None
    }
    seen = set()
    name = text_of(container.get("name")) or ""
    for key in ("command", "args"):
        for index, word in enumerate(workload.manifest.texts(container, key)):
            script = _VARIABLE.sub(lambda match: known.get(match[1] or match[2] or match[3]) or match[0], word)
            endless = _LOOP.search(script) is not None and not _ENDS.search(script)
            where = workload.where(container.get(key), index)
            alone = _ALONE.fullmatch(script)
            plain = script.replace('"', "").replace("'", "")
            for match in [alone] if alone else (match for one in _PATTERNS for match in one.finditer(plain)):
                port = int(match["port"]) if match["port"] else None
                if (match["host"], port) not in seen and not _is_local(match["host"]):
                    seen.add((match["host"], port))
                    tool = re.split(r"[\s/.]", match[0].lstrip("/"), maxsplit=1)[0]
                    guarded = bool(_GUARD.search(script))
                    yield Gate(workload, name, match["host"], port, where, endless, tool, guarded)


def _is_local(host: str) -> bool:
    return host in ("localhost", "do", "then") or host.startswith("127.") or host.isdigit()
