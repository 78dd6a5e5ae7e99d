"""Each port of the host is published by one service.

Docker binds a published port for one container. Of two services with the same one only the first starts; the other
fails with "port is already allocated", which one it is depends on the order.
Source: https://docs.docker.com/reference/compose-file/services/#ports
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.importers.compose.reading import Project

SEVERITY = "error"


def compose(project: Project) -> Iterator[Found]:
    """Ports of the host that two services take on every interface."""
    taken: dict[tuple[int, bool], str] = {}
    for workload in project.draft.workloads:
        field = project.services[workload.name].get("ports")
        entries = list(field.elements()) if field else []
        if any(isinstance(entry.value, dict) or entry.text().count(":") > 1 for entry in entries):
            continue  # bound to one interface, so that two may share a number
        for port in workload.ports:
            if port.published is None:
                continue
            owner = taken.setdefault((port.published, port.protocol == "udp"), workload.name)
            if owner != workload.name:
                yield Found(
                    workload.name,
                    f"publishes port {port.published} of the host, as {owner} does: only one of them starts",
                    "publish another port of the host",
                    next((entry.where for entry in entries if str(port.published) in entry.text()), workload.where),
                )
