"""A service starts after the datastore that it needs has answered.

``depends_on`` in its short form, or with ``service_started``, only waits until the container runs; a database or a
broker takes seconds to minutes more until it answers. What connects at once fails its first time and lives by its own
retries. ``service_healthy`` waits for the health check of the other, and needs one.
Source: https://docs.docker.com/compose/how-tos/startup-order/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.found import Found
from novaplan.checks.mentions import mentions
from novaplan.importers.compose.profiles import needs
from novaplan.importers.compose.reading import Project
from novaplan.importers.draft import Draft, Workload
from novaplan.importers.hosts import Hosts
from novaplan.importers.recognition import Recognition

SEVERITY = "note"


def compose(project: Project) -> Iterator[Found]:
    """Dependencies on a datastore that do not wait for it, and on a health check that is not there."""
    recognition = Recognition()
    workloads = {workload.name: workload for workload in project.draft.workloads}
    yield from _unordered(project.draft, recognition)
    for name, service in project.services.items():
        for need in needs(name, service.node):
            other = workloads.get(need.service)
            if other is None or not need.ordered:
                continue
            if need.condition == "service_started" and recognition.datastore(other):
                check = "" if _is_checked(other) else f"give {other.name} a healthcheck, and "
                yield Found(
                    name,
                    f"starts as soon as the container of {other.name} runs, before it answers; first connections fail",
                    f"{check}set condition: service_healthy",
                    need.field.where,
                )
            elif need.condition == "service_healthy" and not _is_checked(other):
                yield Found(
                    name,
                    f"waits until {other.name} is healthy, but that has no healthcheck; unless its image has one, "
                    "docker compose gives up",
                    f"give {other.name} a healthcheck",
                    need.field.where,
                    "warning",
                )


def _unordered(draft: Draft, recognition: Recognition) -> Iterator[Found]:
    """Datastores that a service is told of and does not wait for, although it waits for others."""
    hosts, told = Hosts(draft), set()
    for mention in mentions(draft):
        client = mention.workload
        for index in hosts.answer(mention.host, None).workloads if client.waits else ():
            other = draft.workloads[index]
            waits = {wait.host for wait in client.waits}
            if other is client or waits & {other.name, *other.hosts} or (client.name, other.name) in told:
                continue
            told.add((client.name, other.name))
            if recognition.datastore(other) and not any(wait.host == client.name for wait in other.waits):
                yield Found(
                    client.name,
                    f"is told of {other.name} by {mention.name} and does not wait for it, as it does for others",
                    f"add {other.name} to depends_on",
                    mention.where,
                )


def _is_checked(workload: Workload) -> bool:
    return any(container.probes.readiness for container in workload.containers)
