"""The health checks of a container."""

from __future__ import annotations

import re
from typing import Any

from novaplan.errors import InputError
from novaplan.render.manifests import without_absent
from novaplan.topology.service import Container, Port, Probe, Service

_KINDS = ("startup", "readiness", "liveness")


def probes(service: Service, container: Container) -> dict[str, Any]:
    """The health checks of ``container`` by the names of their fields."""
    stated: dict[str, Probe | None] = {kind: getattr(container.probes, kind) for kind in _KINDS}
    return {
        f"{kind}Probe": probe_body(probe, probe_port(service.ports, probe), may_succeed_often=kind == "readiness")
        for kind, probe in stated.items()
        # An init container has none: it is done before anybody asks.
        if probe is not None and container.kind != "init"
    }


def probe_body(probe: Probe, port: int | str | None, *, may_succeed_often: bool) -> dict[str, Any]:
    """A health check as a container has it. Kubernetes wants a single success for all but readiness.

    Raises InputError for a gRPC check of a port by its name: Kubernetes takes only the number there.
    """
    if probe.type == "grpc" and not isinstance(port, int):
        raise InputError(f"a gRPC check asks a port by its number, and {port!r} is none; state the number")
    kinds: dict[str, dict[str, Any]] = {
        "http": {"httpGet": {"path": probe.path or "/", "port": port}},
        "tcp": {"tcpSocket": {"port": port}},
        "grpc": {"grpc": {"port": port}},
        "exec": {"exec": {"command": list(probe.command)}},
    }
    often = probe.success_threshold if may_succeed_often else 1
    times = {
        "initialDelaySeconds": _seconds(probe.initial_delay) or None,
        "periodSeconds": max(1, _seconds(probe.period)),
        "timeoutSeconds": max(1, _seconds(probe.timeout)),
        "failureThreshold": probe.failure_threshold,
        "successThreshold": often if often > 1 else None,
    }
    return {**kinds[probe.type], **without_absent(times)}


def _seconds(milliseconds: int) -> int:
    return -(-milliseconds // 1000)


def probe_port(ports: tuple[Port, ...], probe: Probe) -> int | str | None:
    """The port that is asked: by name where the container's port has one, else by number; the first one where none is
    stated. None where there is no such port, or none is needed."""
    from novaplan.render.workloads.containers import is_port_name

    if probe.type == "exec" or isinstance(probe.port, int):
        return probe.port if probe.type != "exec" else None
    if probe.port is None:
        chosen = next((port for port in ports if port.protocol != "udp"), None)
    else:
        chosen = next((port for port in ports if port.name == probe.port), None)
        if chosen is None and re.fullmatch(r"[0-9]{1,5}", probe.port) and 0 < int(probe.port) < 65536:
            return int(probe.port)
    if chosen is None:
        return None
    # gRPC checks know numbers only.
    return chosen.name if is_port_name(chosen.name) and probe.type != "grpc" else chosen.listens_on
