"""The command of a probe or a hook holds no ``$(VAR)`` that nothing fills in.

For exec probes the kubelet knows only variables with a plain ``value``: one that comes from a Secret, a ConfigMap or a
field of the pod becomes an empty text, and one of ``envFrom`` stays as it is written. Lifecycle hooks fill in nothing.
redis-cli with a wrong password, or none, exits with 0, so such a probe passes whatever the server does.
Source: ``ExpandContainerCommandOnlyStatic`` in https://github.com/kubernetes/kubernetes (pkg/kubelet/container) and
https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"
_VARIABLE = re.compile(r"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Exec probes and hooks of every container."""
    for item in cluster.workloads:
        for container in item.all_containers:
            variables = item.manifest.maps(container, "env")
            plain = {text_of(one.get("name")) or "": "valueFrom" not in one for one in variables}
            for key in _PROBES:
                if container.get(key) is not None:
                    name = f"the {key} of {container.get('name')}"
                    yield from _of(item, item.manifest.map(container, key), name, plain)
            hooks = item.manifest.map(container, "lifecycle")
            for key in ("postStart", "preStop"):
                if hooks.get(key) is not None:
                    name = f"the {key} hook of {container.get('name')}"
                    yield from _of(item, item.manifest.map(hooks, key), name, {})


def _of(item: Workload, action: dict[str, Any], name: str, plain: dict[str, bool]) -> Iterator[Found]:
    manifest = item.manifest
    run = manifest.map(action, "exec")
    words = manifest.texts(run, "command")
    shell = bool(words) and words[0].rpartition("/")[2] in ("sh", "bash", "ash")
    for index, word in enumerate(words):
        match = next((one for one in _VARIABLE.finditer(word) if not plain.get(one[1])), None)
        if match is None or (shell and match[1] not in plain and not match[1].isupper()):
            continue  # in a shell it may be a command
        given = "an empty text" if match[1] in plain else "those characters themselves"
        text = f"{name} is given {given} for $({match[1]}), since only variables with a plain value are filled in"
        if words[0].rpartition("/")[2] == "redis-cli":
            text += "; redis-cli cannot log in and exits with 0 all the same, so the probe never fails"
        remedy = f'let a shell of the container fill it in: sh -c with "${match[1]}"'
        yield Found(item.label, text, remedy, item.where(run["command"], index))
        return
