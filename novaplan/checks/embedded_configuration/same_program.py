"""Services that are built alike and started alike are one program.

Services with the same build (folder, Dockerfile, target, arguments) and no command of their own all start what the
image starts. That is meant where they are copies; where they have names, ports and variables of different programs,
all but one of them are not what they are called.
Source: https://docs.docker.com/reference/compose-file/build/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from novaplan.checks.found import Found
from novaplan.importers.compose.nodes import Field, Node
from novaplan.importers.compose.reading import Project

SEVERITY = "warning"
_PARTS = ("context", "dockerfile", "target", "args")
_CHOOSES = (
    "ROLE",
    "MODE",
    "COMPONENT",
    "PROCESS",
    "SERVICE_NAME",
    "SERVICE_TYPE",
    "APP_NAME",
    "MODULE",
    "BIN",
    "WORKER",
)


def compose(project: Project) -> Iterator[Found]:
    """Services with one build that neither command nor a variable tells apart."""
    groups: dict[str, list[tuple[str, Field]]] = defaultdict(list)
    for name, service in project.services.items():
        build = service.get("build")
        if build is not None and not _told_apart(service):
            groups[_same(build)].append((name, service))
    for group in groups.values():
        if len(group) > 1:
            names = ", ".join(name for name, _ in group)
            first, service = group[0]
            build = service.get("build")
            text = f"{names} have one build and no command of their own, so each of them runs the same program"
            where = build.where if build is not None else service.where
            yield Found(first, text, "give each a command, a target or an image of its own", where)


def _told_apart(service: Field) -> bool:
    if service.get("command") is not None or service.get("entrypoint") is not None:
        return True
    environment = service.get("environment")
    names = environment.value if environment is not None else None
    keys = names if isinstance(names, dict) else [str(item.value) for item in names or ()]
    return any(key.upper().partition("=")[0].endswith(_CHOOSES) for key in keys)


def _same(build: Field) -> str:
    value = build.value
    folder = str(build.node.origin.folder)
    if not isinstance(value, dict):
        return repr((folder, str(value)))
    return repr((folder, *(_plain(value[part]) if part in value else None for part in _PARTS)))


def _plain(node: Node) -> Any:
    value = node.value
    if isinstance(value, dict):
        return sorted((key, _plain(item)) for key, item in value.items())
    return [_plain(item) for item in value] if isinstance(value, list) else value
