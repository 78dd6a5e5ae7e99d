"""Security contexts that the restricted Pod Security Standard admits
(https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted)."""

from __future__ import annotations

from typing import Any, Final

PRIVILEGED_PORTS: Final = 1024
"""Below this a port belongs to root, unless the pod says otherwise."""


def pod_security(user: int, group: int | None = None, *, lowest_port: int = 65535) -> dict[str, Any]:
    """The security context of a pod whose programs run as ``user`` and own its volumes."""
    group = user if group is None else group
    context: dict[str, Any] = {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": group,
        "fsGroup": group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if lowest_port < PRIVILEGED_PORTS:
        # One of the few the standard admits: it concerns the pod's own network alone.
        context["sysctls"] = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": str(lowest_port)}]
    return context


def container_security(*, read_only: bool = True) -> dict[str, Any]:
    """The security context of a container; ``read_only`` leaves it only its volumes to write to."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": read_only,
    }
