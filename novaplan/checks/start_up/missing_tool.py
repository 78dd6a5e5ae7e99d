"""A health check uses a program that its image has.

Small images carry little: official ones on Alpine have BusyBox (so wget and nc, but no curl and no bash), those on
Debian slim have none of them. A check whose program is missing fails every time: the container counts as unhealthy
although it works, and whatever waits for it to be healthy never starts.
Source: https://docs.docker.com/reference/dockerfile/#healthcheck, the Dockerfiles of the images
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from novaplan.checks.cluster import Cluster, place
from novaplan.checks.found import Found
from novaplan.importers.compose.profiles import needs
from novaplan.importers.compose.reading import Project
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"

_OFFICIAL: Final = r"^(?:docker\.io/)?(?:library/)?"
_LACKS: Final = tuple(
    (re.compile(pattern), frozenset(tools.split()))
    for pattern, tools in (
        (rf"{_OFFICIAL}redis:[\w.]*-?alpine", "curl bash"),
        (rf"{_OFFICIAL}redis(?::(?!.*alpine)|$)", "curl wget nc"),
        (rf"{_OFFICIAL}postgres:.*alpine", "curl"),
        (rf"{_OFFICIAL}postgres(?::(?!.*alpine)|$)", "curl wget nc"),
        (rf"{_OFFICIAL}busybox(?=[:@]|$)", "curl bash"),
        (rf"{_OFFICIAL}alpine(?=[:@]|$)", "curl bash"),
        (rf"{_OFFICIAL}(?:node|python|golang|eclipse-mosquitto|haproxy|memcached|traefik):.*alpine", "curl"),
        (rf"{_OFFICIAL}(?:node|python):.*slim", "curl wget nc"),
        (r"^(?:docker\.io/)?jaegertracing/all-in-one", "curl bash"),
        (r"^(?:docker\.io/)?mailhog/mailhog", "curl bash"),
        (r"distroless(?!.*debug)", "curl wget nc bash sh"),
    )
)
_INSTALLS = re.compile(r"\b(?:apk|apt|apt-get|yum|microdnf)\b.*\b(?:add|install)\b")
_PROGRAM = re.compile(r"(?:^|[\s;|&(])(?:/usr/bin/|/bin/)?(curl|wget|nc|bash)(?=\s|$)")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Probes that run a command, and init containers."""
    for workload in cluster.workloads:
        manifest = workload.manifest
        for container in workload.all_containers:
            image = text_of(container.get("image")) or ""
            for key in ("livenessProbe", "readinessProbe", "startupProbe"):
                command = manifest.texts(manifest.map(manifest.map(container, key), "exec"), "command")
                for tool in missing(image, command):
                    yield _found(
                        workload.label, image, tool, f"its {key} always fails", place(manifest, container, key)
                    )
            if container in workload.init_containers:
                words = [*manifest.texts(container, "command"), *manifest.texts(container, "args")]
                for tool in missing(image, words):
                    effect = f"the init container {text_of(container.get('name'))} always fails"
                    yield _found(workload.label, image, tool, effect, place(manifest, container, "image"))


def compose(project: Project) -> Iterator[Found]:
    """Health checks of services whose image is used as it is."""
    waiting: dict[str, list[str]] = {}
    for name, service in project.services.items():
        for need in needs(name, service.node):
            if need.condition == "service_healthy":
                waiting.setdefault(need.service, []).append(name)
    for workload in project.draft.workloads:
        service = project.services[workload.name]
        check = service.get("healthcheck")
        test = check.get("test") if check else None
        if test is None or service.get("build"):
            continue
        words = [item.text() for item in test.elements()] if isinstance(test.value, list) else [test.text()]
        for tool in missing(workload.containers[0].image or "", words):
            who = " and ".join(sorted(waiting.get(workload.name, [])))
            effect = f"it is never healthy, and {who} never starts" if who else "it is shown as unhealthy for ever"
            yield _found(workload.name, workload.containers[0].image or "", tool, effect, test.where, bool(who))


def missing(image: str, words: list[str]) -> list[str]:
    """The programs that a command runs and that ``image`` is known not to have."""
    if _INSTALLS.search(" ".join(words)):
        return []
    lacks = next((tools for pattern, tools in _LACKS if pattern.search(image)), frozenset())
    return sorted({match[1] for match in _PROGRAM.finditer(" ".join(words))} & lacks) if lacks else []


def _found(subject: str, image: str, tool: str, effect: str, where: Any, breaks: bool = True) -> Found:
    return Found(
        subject,
        f"{image} has no {tool}: {effect}",
        f"ask with what the image has, or with a probe that needs no program, instead of {tool}",
        where,
        None if breaks else "warning",
    )
