"""One container of a service: image, command, ports, environment, resources, health checks, security."""

from __future__ import annotations

import re
from typing import Any, Final

from novaplan.quantity import format_bytes, format_millicores
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest, without_absent
from novaplan.render.security import container_security
from novaplan.render.workloads import volumes
from novaplan.render.workloads.probes import probes
from novaplan.render.workloads.variables import variables
from novaplan.topology.service import Container, Resources, Service

_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_UDP: Final = "UDP"


def containers_of(service: Service) -> tuple[tuple[Container, ...], bool]:
    """The containers of a service, the main one first; where no main one is stated one is added, and True says so."""
    main = service.main
    rest = tuple(item for item in service.containers if item is not main)
    if main is not None:
        return (main, *rest), False
    taken = {item.name for item in rest}
    return (Container(name=service.name if service.name not in taken else f"{service.name[:58]}-main"), *rest), True


def container(context: Context, service: Service, item: Container, config: Manifest | None) -> dict[str, Any]:
    """One container; ``config`` is the ConfigMap whose keys are its variables too."""
    main = item.kind == "main"
    # A word with a dash in front is an option of whatever program the image starts.
    command = "args" if item.command and item.command[0].startswith("-") else "command"
    pause = seconds(service.termination.pre_stop)
    body = {
        "name": item.name,
        "image": context.image(service.name, item.name, item.image),
        # Else Kubernetes pulls every :latest anew, also one that somebody loaded into the nodes.
        "imagePullPolicy": "IfNotPresent",
        "restartPolicy": "Always" if item.kind == "native-sidecar" else None,
        command: list(item.command) or None,
        "ports": container_ports(service) if main else None,
        "envFrom": [{"configMapRef": {"name": config["metadata"]["name"]}}] if config is not None else None,
        "env": variables(service, item) or None,
        "resources": resources(item.resources) or None,
        **probes(service, item),
        # The kubelet itself waits: the image need not have a program for it. All versions from 1.30 do it.
        "lifecycle": {"preStop": {"sleep": {"seconds": pause}}} if pause and item.kind in ("main", "sidecar") else None,
        "securityContext": container_security(),
        "volumeMounts": volumes.mounts(context, service),
    }
    return without_absent(body)


def container_ports(service: Service) -> list[dict[str, Any]] | None:
    """The ports the main container listens on."""
    return [
        without_absent(
            {
                "name": port.name if is_port_name(port.name) else None,
                "containerPort": port.listens_on,
                "protocol": _UDP if port.protocol == "udp" else None,
            }
        )
        for port in service.ports
    ] or None


def is_port_name(name: str) -> bool:
    """Whether a container's port may be called so: an IANA service name of at most 15 characters."""
    return _PORT_NAME.fullmatch(name) is not None


def resources(stated: Resources) -> dict[str, Any]:
    """Requests and limits as a container has them; what is not stated is left out."""
    found = {
        kind: without_absent(
            {
                "cpu": None if amounts.cpu is None else format_millicores(amounts.cpu),
                "memory": None if amounts.memory is None else format_bytes(amounts.memory),
            }
        )
        for kind, amounts in (("requests", stated.requests), ("limits", stated.limits))
    }
    return {kind: amounts for kind, amounts in found.items() if amounts}


def seconds(milliseconds: int) -> int:
    """Whole seconds, rounded up: Kubernetes counts no finer."""
    return -(-milliseconds // 1000)
