"""A probe's command means what it says.

Kubernetes puts ``$(NAME)`` in place in the command and arguments of a container, and nowhere else: in a probe or a hook
it stays as it is, unless a shell reads the line, to which ``$(NAME)`` is a command to run. The probe logs in with the
text itself and fails every time.
Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
                found = _unread(listed, _variables(workload, container))
                if found:
                    yield Found(
                        workload.label,
                        f"the {name} of container {text_of(container.get('name'))} passes {found} as it stands: nothing"
                        " puts the variable's value there",
                        f'run it in a shell: ["sh", "-c", "... \\"${found.strip("$(){}")}\\""]',
                        workload.where(workload.manifest.map(action, "exec"), "command"),
                    )


def _actions(workload: Workload, container: Container) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _PROBES:
        yield name, workload.manifest.map(container, name)
    lifecycle = workload.manifest.map(container, "lifecycle")
    for name in ("postStart", "preStop"):
        yield name, workload.manifest.map(lifecycle, name)


def _variables(workload: Workload, container: Container) -> set[str]:
    return {text_of(item.get("name")) or "" for item in workload.manifest.maps(container, "env")}


def _unread(words: list[str], variables: set[str]) -> str:
    """The first reference that stays as it stands."""
    if not words:
        return ""
    shell = words[0].rpartition("/")[2] in _SHELLS
    for word in words[1:]:
        for match in _REFERENCE.finditer(word):
            name = match[1] or match[2]
            if match[1] and shell and name not in variables:
                continue  # a command that the shell is to run
            if not shell or match[1]:
                return match[0]
    return ""
