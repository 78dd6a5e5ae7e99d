"""A datastore asks who is there.

Without a password, whoever reaches the port reads and changes everything; Redis and MongoDB are open as they come.
Looked at: what the command, the variables and the mounted configuration of a datastore say.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/security/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from novaplan.checks.found import Found
from novaplan.checks.images import image_of
from novaplan.importers.draft import Container, Draft

SEVERITY = "warning"
_REDIS = re.compile(r"(?i)\b(requirepass|aclfile|user\s+default)\b")


def workloads(draft: Draft) -> Iterator[Found]:
    """Containers of datastores that let everybody in."""
    for workload in draft.workloads:
        for container in workload.containers:
            image = image_of(container.image)
            told = _OPEN.get(image.name) if image is not None and container.kind == "main" else None
            if told is not None and "sentinel" not in " ".join(container.command) and (message := told(container)):
                yield Found(workload.name, message, "set a password, and let its clients have it", workload.where)


def _redis(container: Container) -> str:
    words = " ".join(container.command)
    settings = {item.name.lstrip("-") for item in container.settings}
    given = any(item.secret is not None and "pass" in item.name.lower() for item in container.settings)
    said = given or "--requirepass" in words or "--aclfile" in words or settings & {"requirepass", "REDIS_PASSWORD"}
    from_file = any(_REDIS.search(file.text) for file in container.files)
    unread = ".conf" in words and not container.files
    return "" if said or from_file or unread else "Redis asks for no password"


def _elasticsearch(container: Container) -> str:
    values = {item.name: item.text for item in container.settings}
    off = (values.get("xpack.security.enabled") or "").lower() == "false"
    return "xpack.security is switched off: everybody reads and writes every index" if off else ""


def _neo4j(container: Container) -> str:
    values = {item.name: item.text for item in container.settings}
    return "NEO4J_AUTH is none: everybody is let in" if values.get("NEO4J_AUTH") == "none" else ""


def _postgres(container: Container) -> str:
    values = {item.name: item.text for item in container.settings}
    trust = values.get("POSTGRES_HOST_AUTH_METHOD") == "trust"
    return "trusts everybody who connects (POSTGRES_HOST_AUTH_METHOD)" if trust else ""


def _mysql(container: Container) -> str:
    values = {item.name: item.text for item in container.settings}
    empty = values.get("MYSQL_ALLOW_EMPTY_PASSWORD") or values.get("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD")
    return "root needs no password" if empty and empty.lower() not in ("no", "false", "0") else ""


def _mongo(container: Container) -> str:
    names = {item.name for item in container.settings}
    asked = "MONGO_INITDB_ROOT_USERNAME" in names or "--auth" in container.command or container.files
    return "" if asked else "MongoDB asks for no password"


_OPEN: dict[str, Callable[[Container], str]] = {
    "redis": _redis,
    "valkey": _redis,
    "elasticsearch": _elasticsearch,
    "opensearch": _elasticsearch,
    "neo4j": _neo4j,
    "postgres": _postgres,
    "mysql": _mysql,
    "mariadb": _mysql,
    "mongo": _mongo,
}
