"""What the meeting wants to know first: a few figures, and what becomes of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from novaplan.capacity.claims.judgement import Judgement
from novaplan.capacity.connections import ServerConnections
from novaplan.capacity.cost import Cost, money
from novaplan.changes.model import Diff
from novaplan.changes.summary import Pair
from novaplan.findings import Finding
from novaplan.migration.plan import Plan
from novaplan.migration.schedule import Schedule
from novaplan.report.filling import counted
from novaplan.topology.parts import address


class Tile(NamedTuple):
    """One figure: before and after, or one value alone."""

    label: str
    after: str
    before: str = ""
    note: str = ""
    section: str = ""
    """Where more is said."""


class Heir(NamedTuple):
    """A component of the target and what it was made from."""

    kind: str
    name: str
    word: str
    """``merged``, ``renamed``, ``changed``, ``new``, ``unchanged``."""
    sources: tuple[str, ...]
    optional: bool
    description: str


class Gone(NamedTuple):
    """A component that the target no longer has."""

    kind: str
    name: str
    reason: str


def tiles(diff: Diff) -> Iterator[Tile]:
    """How many there are of the components that a person counts."""
    summary = diff.summary
    available = summary.highly_available_datastores
    for label, pair, note, section in (
        ("services", summary.services, _some(summary.optional_services.target, "optional"), "picture"),
        ("datastores", summary.datastores, _some(available.target, "highly available"), "picture"),
        (
            "dependencies",
            summary.dependencies,
            _some(summary.internal_dependencies, "became calls inside a service"),
            "differences",
        ),
        ("pods", summary.pods, "at the current replicas", "figures"),
    ):
        yield Tile(label, str(pair.target), _before(pair), note, section)


def _some(count: int, what: str) -> str:
    return f"{count} {what}" if count else ""


def _before(pair: Pair) -> str:
    return str(pair.current) if pair.changed else ""


def connections_tile(sides: Sequence[Sequence[ServerConnections]]) -> Tile:
    """How many servers do not take what their clients may open, and of how many more in the target nobody knows."""
    before, after = (sum(item.verdict == "does not hold" for item in found) for found in sides)
    was = str(before) if before != after else ""
    unknown = sum(item.verdict == "cannot be known" for item in sides[1])
    note = "when every client is rolled out" + (f"; of {unknown} more it cannot be known" if unknown else "")
    return Tile("servers short of connections", str(after), was, note, "figures")


def cost_tile(before: Cost, after: Cost) -> Tile:
    """What both sides cost per month; + where that is not all."""
    texts = [f"{money(side.total):,.0f}{'+' if side.unknown else ''}" for side in (before, after)]
    note = "at example prices" if after.prices.examples else ""
    was = texts[0] if texts[0] != texts[1] else ""
    return Tile(f"{after.prices.currency} a month", texts[1], was, note, "figures")


def findings_tile(before: Sequence[Finding], after: Sequence[Finding]) -> Tile:
    """How many errors the checks find."""
    errors = [sum(item.severity == "error" for item in side) for side in (before, after)]
    was = str(errors[0]) if errors[0] != errors[1] else ""
    return Tile(
        "errors found by the checks", str(errors[1]), was, f"of {counted(after, 'finding')} in the target", "findings"
    )


def claims_tile(judged: Sequence[Judgement]) -> Iterator[Tile]:
    """How many claims hold, where there are any."""
    if judged:
        holds, fails = (sum(item.verdict == verdict for item in judged) for verdict in ("holds", "does not hold"))
        yield Tile("claims that hold", f"{holds} of {len(judged)}", note=f"{fails} do not hold", section="claims")


def plan_tiles(plan: Plan | None, schedule: Schedule | None) -> Iterator[Tile]:
    """How long the way is; or that there is none."""
    if plan is None or schedule is None:
        yield Tile("plan", "none", note="none could be proved safe", section="plan")
        return
    people = f"{schedule.people} at work, {schedule.person_days:.1f} person-days"
    yield Tile("steps, each proved safe", f"{len(plan):,}", note=_no_way_back(plan), section="plan")
    yield Tile("working days", f"{schedule.days:.1f}", note=people, section="plan")
    asked = sum(held.obligations for held in plan.proof.held)
    yield Tile("questions answered", f"{asked:,}", note="in every state that can be reached", section="proof")


def _no_way_back(plan: Plan) -> str:
    count = sum(not step.reversible for step in plan.steps)
    return f"{count} without a way back" if count else "each can be undone"


def heirs(diff: Diff) -> list[Heir]:
    """Every service, datastore and external of the target, services first, those that merge most before the others."""
    changed = {change.address for change in diff.changes}
    found = []
    for kind, items in (
        ("service", diff.target.services),
        ("datastore", diff.target.datastores),
        ("external", diff.target.externals),
    ):
        sources: dict[str, list[str]] = defaultdict(list)
        for name, where in diff.fates(kind).items():
            for into in where.into:
                sources[into].append(name)
        own = [
            Heir(
                kind,
                item.name,
                _word(item.name, sources[item.name], address(kind, item.name) in changed),
                tuple(sources[item.name]),
                item.optional,
                item.description,
            )
            for item in items
        ]
        found += sorted(own, key=lambda heir: (-len(heir.sources), heir.word == "unchanged"))
    return found


def _word(name: str, sources: Sequence[str], changed: bool) -> str:
    if len(sources) > 1:
        return "merged"
    if not sources:
        return "new"
    if sources[0] != name:
        return "renamed"
    return "changed" if changed else "unchanged"


def followed(diff: Diff) -> dict[str, tuple[str, ...]]:
    """What became of every component of current, by name; of what is gone nothing did."""
    kinds = ("service", "datastore", "external")
    return {name: where.into for kind in kinds for name, where in diff.fates(kind).items()}


def gone(diff: Diff) -> list[Gone]:
    """What goes without an heir."""
    return [
        Gone(kind, name, where.reason)
        for kind in ("service", "datastore", "external")
        for name, where in diff.fates(kind).items()
        if not where.into
    ]
