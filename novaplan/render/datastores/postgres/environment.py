"""What a topology itself says about the container of a server: its variables and health checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from novaplan.render.workloads.probes import probe_body
from novaplan.render.workloads.variables import variable
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Probe


def variables(datastore: Datastore, *, taken: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The stated variables, without those whose names are ``taken``."""
    names = {item["name"] for item in taken}
    return [variable(datastore.name, item) for item in datastore.env if item.name not in names]


def probes(datastore: Datastore, port: int) -> dict[str, Any]:
    """The stated health checks by the names of their fields; one that names no port of a number asks ``port``."""
    stated = {kind: getattr(datastore.probes, kind) for kind in ("startup", "readiness", "liveness")}
    return {
        f"{kind}Probe": probe_body(probe, _port(probe, port), may_succeed_often=kind == "readiness")
        for kind, probe in stated.items()
        if probe is not None
    }


def _port(probe: Probe, port: int) -> int | None:
    if probe.type == "exec":
        return None
    return probe.port if isinstance(probe.port, int) else port
