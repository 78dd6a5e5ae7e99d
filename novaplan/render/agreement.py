"""Whether settings speak of what the topology has."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from novaplan.errors import Problem, UnknownNameError, nearest
from novaplan.render.context import Context
from novaplan.render.environments import DEVELOPMENT
from novaplan.render.settings import Settings

_CRON_FIELDS = 5


def require(context: Context) -> None:
    """Raise UnknownNameError with everything in the settings that is about nothing in the topology."""
    problems = [*_problems(context)]
    if problems:
        raise UnknownNameError(problems)


def _problems(context: Context) -> Iterator[Problem]:
    topology, settings = context.topology, context.settings
    containers = {f"{service.name}/{item.name}" for service in topology.services for item in service.containers}
    volumes = {f"{service.name}/{item.name}" for service in topology.services for item in service.volumes}
    jobs = {service.name for service in topology.services if service.workload == "cronjob"}
    elsewhere = {store.name for store in topology.datastores if not context.runs(store)} | set(topology.external)
    components = set(topology.service) | set(topology.datastore)
    known = [Settings.model_fields["environment"].default, DEVELOPMENT]
    if not settings.environments and settings.environment not in known:
        name = settings.environment
        message = f"there is no environment {name!r}{nearest(name, known)}; settings.environments describes none"
        yield Problem(message, field="environment")
    yield from _unknown("images", settings.images, components | containers, "component or container")
    yield from _unknown("mounts", settings.mounts, volumes, "service/volume")
    yield from _unknown("schedules", settings.schedules, jobs, "cron job")
    yield from _unknown("externals", settings.externals, elsewhere, "datastore or external that somebody else runs")
    for name, schedule in settings.schedules.items():
        if not schedule.startswith("@") and len(schedule.split()) != _CRON_FIELDS:
            yield Problem(
                f"{schedule!r} is no schedule; write five fields such as '*/10 * * * *'", field=f"schedules.{name}"
            )


def _unknown(field: str, named: Collection[str], known: Collection[str], what: str) -> Iterator[Problem]:
    for name in sorted(set(named) - set(known)):
        yield Problem(f"there is no {what} {name!r}{nearest(name, known)}", field=field)
