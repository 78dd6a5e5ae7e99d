"""The page: everything about two topologies that a meeting needs to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from novaplan.capacity.claims.judge import judge_all
from novaplan.capacity.cost import cost
from novaplan.capacity.overview import Overview
from novaplan.capacity.prices import Prices, load_prices
from novaplan.changes import rendering
from novaplan.changes.compare import diff as compare
from novaplan.checks.running import check_topology
from novaplan.report import figures, findings, pictures, placements, summary
from novaplan.report.differences import differences
from novaplan.report.filling import fill
from novaplan.report.planned import planned

if TYPE_CHECKING:
    from novaplan.capacity.claims.model import Claims
    from novaplan.capacity.nodes import Nodes
    from novaplan.migration.effort_model import EffortModel
    from novaplan.migration.plan import Plan
    from novaplan.migration.proof import Progress
    from novaplan.migration.rollout import Rollout
    from novaplan.topology.system import Topology


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


class Page(NamedTuple):
    """A page, and what its reader should know before opening it."""

    text: str
    refused: tuple[str, ...]
    """What stands against a plan, as it was asked for."""


def report(
    current: Topology, target: Topology, given: Assumptions | None = None, *, progress: Progress | None = None
) -> str:
    """The text of ``page``."""
    return page(current, target, given, progress=progress).text


def page(
    current: Topology, target: Topology, given: Assumptions | None = None, *, progress: Progress | None = None
) -> Page:
    """The page, as HTML that needs nothing beside it.

    Where there is no safe plan the page says why. Raises InputError for claims that are about neither topology, and
    what loading the models raises.
    """
    given = given or Assumptions()
    found = compare(current, target)
    judged = (None, None) if given.claims is None else judge_all((current, target), given.claims)
    before, after = (Overview(side, judged=held) for side, held in zip((current, target), judged, strict=True))
    prices = given.prices or load_prices()
    paid = cost(current, prices), cost(target, prices)
    was, wrong = (check_topology(side, nodes=given.nodes) for side in (current, target))
    plan = planned(current, target, given, progress)
    text = fill(
        "page.html.j2",
        sections=_sections(given, plan["plan"]),
        diff=found,
        headlines=list(rendering.headlines(found)) if found else [rendering.SAME],
        tiles=[
            *summary.tiles(found),
            summary.connections_tile([before.connections, after.connections]),
            summary.cost_tile(*paid),
            summary.findings_tile(was, wrong),
            *summary.claims_tile([item for held in judged for item in held or ()]),
            *summary.plan_tiles(plan["plan"], plan["schedule"]),
        ],
        lineage=(summary.heirs(found), summary.gone(found)),
        comparison=pictures.comparison(found),
        figures=figures.figures(before, after, *paid),
        judged=list(zip(("before", "after"), judged, strict=True)),
        placements=[] if given.nodes is None else list(placements.placements(current, target, given.nodes)),
        findings=findings.told(was, wrong, summary.followed(found)),
        finding_counts=findings.counts(was, wrong),
        **differences(found),
        **plan,
    )
    return Page(text, tuple(plan["refused"]))


def _sections(given: Assumptions, plan: Plan | None) -> list[tuple[str, str]]:
    """Name and title of each section that there is something for."""
    return [
        *(("summary", "Summary"), ("picture", "Before and after"), ("differences", "Differences")),
        ("figures", "Totals, connections, cost"),
        *([("claims", "Claims")] if given.claims else []),
        *([("placement", "Placement")] if given.nodes else []),
        *(("findings", "Findings"), ("plan", "Plan")),
        *([("walk", "The way there"), ("proof", "Proof")] if plan else []),
    ]
