"""The page: everything about two topologies that a meeting needs to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from novaplan.capacity.claims.judge import judge_all
from novaplan.capacity.cost import cost
from novaplan.capacity.overview import Overview
from novaplan.capacity.prices import Prices, load_prices
from novaplan.changes import rendering, wording
from novaplan.changes.compare import diff as compare
from novaplan.changes.model import ACTIONS, Change, Diff
from novaplan.checks.running import check_topology
from novaplan.errors import InputError, PlanRefused
from novaplan.migration import tables
from novaplan.migration.effort import groups
from novaplan.migration.effort_model import EffortModel, load_effort
from novaplan.migration.planning import plan as make
from novaplan.render.runbook import duration
from novaplan.report import figures, findings, pictures, placements, steps, summary
from novaplan.report.filling import fill
from novaplan.report.walk import walk
from novaplan.tables import Table
from novaplan.topology.parts import label_of

if TYPE_CHECKING:
    from novaplan.capacity.claims.model import Claims
    from novaplan.capacity.nodes import Nodes
    from novaplan.migration.plan import Plan
    from novaplan.migration.proof import Progress
    from novaplan.migration.rollout import Rollout
    from novaplan.topology.system import Topology


MOST_CHANGES: Final = 2_000
"""More changes than these are counted by their kinds."""


@dataclass(frozen=True)
class Assumptions:
    """What the figures rest on; what is absent comes from ``models/``, or leaves its section out."""

    claims: Claims | None = None
    nodes: Nodes | None = None
    prices: Prices | None = None
    rollout: Rollout | None = None
    effort: EffortModel | None = None
    first_day: date | None = None
    holidays: Sequence[date] = ()


def report(
    current: Topology, target: Topology, given: Assumptions | None = None, *, progress: Progress | None = None
) -> str:
    """The page, as HTML that needs nothing beside it.

    Where there is no safe plan the page says why. Raises InputError for claims that are about neither topology, and
    what loading the models raises.
    """
    given = given or Assumptions()
    found = compare(current, target)
    judged = (None, None) if given.claims is None else judge_all((current, target), given.claims)
    sides = tuple(Overview(side, judged=held) for side, held in zip((current, target), judged, strict=True))
    both = sides[0], sides[1]
    prices = given.prices or load_prices()
    paid = cost(current, prices), cost(target, prices)
    wrong = [check_topology(side, nodes=given.nodes) for side in (current, target)]
    planned = _planned(current, target, given, progress)
    return fill(
        "page.html.j2",
        sections=[
            *(("summary", "Summary"), ("picture", "Before and after"), ("differences", "Differences")),
            ("figures", "Totals, connections, cost"),
            *([("claims", "Claims")] if given.claims else []),
            *([("placement", "Placement")] if given.nodes else []),
            ("findings", "Findings"),
            ("plan", "Plan"),
            *([("walk", "The way there"), ("proof", "Proof")] if planned["plan"] else []),
        ],
        title=f"{current.name} to {target.name}",
        diff=found,
        headlines=list(rendering.headlines(found)) if found else [rendering.SAME],
        tiles=[
            *summary.tiles(found),
            summary.connections_tile([side.connections for side in sides]),
            summary.cost_tile(*paid),
            summary.findings_tile(*wrong),
            *summary.claims_tile([item for held in judged for item in held or ()]),
            *summary.plan_tiles(planned["plan"], planned["schedule"]),
        ],
        heirs=summary.heirs(found),
        gone=summary.gone(found),
        comparison=pictures.comparison(found),
        stories=list(rendering.sections(found)),
        changes=[_told(change) for change in found.changes] if len(found) <= MOST_CHANGES else [],
        change_counts=_counted(found) if len(found) > MOST_CHANGES else None,
        actions=_actions(found),
        totals=figures.totals(both),
        servers=figures.servers(both),
        costs=figures.costs(*paid),
        prices=prices,
        findings=findings.told(wrong[0], wrong[1], summary.followed(found)),
        finding_counts=findings.counts(*wrong),
        remarks=list(figures.remarks(both)),
        judged=None if given.claims is None else list(zip(("before", "after"), judged, strict=True)),
        placements=[] if given.nodes is None else list(placements.placements(current, target, given.nodes)),
        **planned,
        duration=duration,
    )


def _counted(found: Diff) -> Table:
    counts = Counter((change.kind, change.action) for change in found.changes)
    rows = tuple((kind, action, count) for (kind, action), count in sorted(counts.items()))
    return Table("Changes by kind", ("kind", "change", "how many"), rows)


def _actions(found: Diff) -> list[tuple[str, int]]:
    counted = found.summary.actions
    return [(action, counted[action]) for action in ACTIONS if counted[action]]


def _told(change: Change) -> dict[str, Any]:
    moved = change.action in rendering.BECOMING
    return {
        "action": change.action,
        "kind": change.kind,
        "part": label_of(change.address) or change.kind,
        "sources": [label_of(source) for source in change.sources] if moved else [],
        "fields": wording.field_lines(change) if change.sources and change.after is not None else [],
        "reason": change.reason,
    }


def _planned(current: Topology, target: Topology, given: Assumptions, progress: Progress | None) -> dict[str, Any]:
    effort = given.effort or load_effort()
    try:
        made = make(current, target, rollout=given.rollout, effort=effort, progress=progress)
    except (PlanRefused, InputError) as error:
        return {"plan": None, "schedule": None, "refused": [str(problem) for problem in error.problems]}
    schedule = made.schedule(first_day=given.first_day, holidays=given.holidays)
    line, told = steps.axis(schedule), len(made) <= steps.MOST_STEPS
    return {
        "plan": made,
        "refused": [],
        "schedule": schedule,
        "axis": line,
        "parts": steps.parts(made, schedule, line) if told else [],
        "kinds": [] if told else steps.kinds(made, schedule, line),
        "plan_tables": _plan_tables(made, effort, given, schedule),
        "steps_table": tables.steps_table(made.steps, schedule) if told else None,
        "invariants": list(steps.invariants(made)),
        "walk": walk(made),
    }


def _plan_tables(made: Plan, effort: EffortModel, given: Assumptions, schedule: Any) -> list[Any]:
    found = groups(made.steps, effort, given.claims)
    return [tables.schedule_table(schedule), *([tables.improvements_table(found)] if found else [])]
