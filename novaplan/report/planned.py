"""The plan, the walk along it and its proof; or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novaplan.errors import InputError, PlanRefused
from novaplan.migration import tables
from novaplan.migration.effort import groups
from novaplan.migration.effort_model import EffortModel, load_effort
from novaplan.migration.planning import plan as make
from novaplan.migration.rollout import Rollout, load_rollout
from novaplan.migration.schedule import Schedule
from novaplan.render.runbook import duration
from novaplan.report import steps
from novaplan.report.walk import walk
from novaplan.tables import Table
from novaplan.topology.base import replace

if TYPE_CHECKING:
    from novaplan.migration.plan import Plan
    from novaplan.migration.proof import Progress
    from novaplan.report.page import Assumptions
    from novaplan.topology.system import Topology


def planned(current: Topology, target: Topology, given: Assumptions, progress: Progress | None) -> dict[str, Any]:
    """What the three sections show; ``plan`` is None where no plan could be proved safe."""
    effort = given.effort or load_effort()
    rollout = given.rollout or load_rollout()
    made, refused = _made(current, target, rollout, effort, progress)
    if made is None and rollout.room is not None:  # what is asked of nodes may be all that stands against it
        made, _ = _made(current, target, replace(rollout, room=None), effort, progress)
    if made is None:
        return {"plan": None, "schedule": None, "refused": refused}
    schedule = made.schedule(first_day=given.first_day, holidays=given.holidays)
    line, told = steps.axis(schedule), len(made) <= steps.MOST_STEPS
    return {
        "plan": made,
        "refused": refused,
        "schedule": schedule,
        "axis": line,
        "parts": steps.parts(made, schedule, line) if told else [],
        "kinds": [] if told else steps.kinds(made, schedule, line),
        "plan_tables": _plan_tables(made, effort, given, schedule),
        "steps_table": tables.steps_table(made.steps, schedule) if told else None,
        "invariants": list(steps.invariants(made)),
        "walk": walk(made),
        "duration": duration,
    }


def _made(
    current: Topology, target: Topology, rollout: Rollout, effort: EffortModel, progress: Progress | None
) -> tuple[Plan | None, list[str]]:
    """The plan, or what stands against it."""
    try:
        return make(current, target, rollout=rollout, effort=effort, progress=progress), []
    except (PlanRefused, InputError) as error:
        return None, [str(problem) for problem in error.problems]


def _plan_tables(made: Plan, effort: EffortModel, given: Assumptions, schedule: Schedule) -> list[Table]:
    found = groups(made.steps, effort, given.claims)
    return [tables.schedule_table(schedule), *([tables.improvements_table(found)] if found else [])]
