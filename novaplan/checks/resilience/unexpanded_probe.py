"""A probe's command means what it says.

Kubernetes puts every ``$(NAME)`` in place in the command and arguments of a container. For the command of a probe the
kubelet knows only variables with a plain ``value``: one that comes from a Secret, a ConfigMap or a field of the pod
becomes an empty text, any other name stays as it is. In a hook all of them stay. redis-cli exits with 0 although it
could not log in, so a probe that uses it passes whatever the server does; other programs fail every time.
Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/ and
``ExpandContainerCommandOnlyStatic`` in https://github.com/kubernetes/kubernetes (pkg/kubelet/container)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, Container, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)|\$\{?([A-Z_][A-Z0-9_]*)\}?")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})


def objects(cluster: Cluster) -> Iterator[Found]:
    """Probes and hooks that run a command with a variable in it."""
    for workload in cluster.workloads:
        for container in workload.containers:
            for name, action in _actions(workload, container):
                words = workload.manifest.map(action, "exec").get("command")
                listed = [text_of(word) or "" for word in words] if isinstance(words, list) else []
                probe = name in _PROBES
                variables = _variables(workload, container)
                found = _unread(listed, variables, filled={item for item in variables if probe and variables[item]})
                if found:
                    empty = probe and found.strip("$(){}") in variables and found.startswith("$(")
                    given = f"gets an empty text for {found}" if empty else f"passes {found} as it stands"
                    passes = "; redis-cli exits with 0 all the same, so it never fails" if _is_redis(listed) else ""
                    yield Found(
                        workload.label,
                        f"the {name} of container {text_of(container.get('name'))} {given}: nothing puts the variable's"
                        f" value there{passes}",
                        f'run it in a shell: ["sh", "-c", "... \\"${found.strip("$(){}")}\\""]',
                        workload.where(workload.manifest.map(action, "exec"), "command"),
                    )


def _actions(workload: Workload, container: Container) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _PROBES:
        yield name, workload.manifest.map(container, name)
    lifecycle = workload.manifest.map(container, "lifecycle")
    for name in ("postStart", "preStop"):
        yield name, workload.manifest.map(lifecycle, name)


def _is_redis(words: list[str]) -> bool:
    return words[0].rpartition("/")[2] == "redis-cli"


def _variables(workload: Workload, container: Container) -> dict[str, bool]:
    """The variables, and whether they have a plain value."""
    listed = workload.manifest.maps(container, "env")
    return {text_of(item.get("name")) or "": "valueFrom" not in item for item in listed}


def _unread(words: list[str], variables: Collection[str], filled: Collection[str]) -> str:
    """The first reference that stays as it stands."""
    if not words:
        return ""
    shell = words[0].rpartition("/")[2] in _SHELLS
    for word in words[1:]:
        for match in _REFERENCE.finditer(word):
            name = match[1] or match[2]
            if match[1] in filled:
                continue
            if match[1] and shell and name not in variables:
                continue  # a command that the shell is to run
            if not shell or match[1]:
                return match[0]
    return ""
