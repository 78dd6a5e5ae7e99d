"""Checks run over a description; what they find comes in one order, whatever they do it in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from novaplan.capacity.claims.model import Claims
from novaplan.capacity.nodes import Nodes
from novaplan.checks.catalogue import Check, all_checks
from novaplan.checks.found import Found
from novaplan.checks.reading import Description, System, described
from novaplan.errors import InputError, Problem, one_line
from novaplan.findings import SEVERITIES, Finding
from novaplan.topology.system import Topology

INTERNAL: Final = "internal"
"""Names the finding of a check that could not be carried out."""
UNDERSTOOD: Final = "understood"
"""Names the finding that something in the files cannot be what it says, so that it was left out of checks."""


def check_topology(
    topology: Topology, *, claims: Claims | None = None, nodes: Nodes | None = None, only: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Every finding in a topology; ``only`` names the checks to run, all by default."""
    return run(described(topology), claims=claims, nodes=nodes, only=only)


def run(
    description: Description,
    *,
    other: Description | None = None,
    claims: Claims | None = None,
    nodes: Nodes | None = None,
    only: Collection[str] = (),
    skip: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Every finding in ``description``, gravest first, and where it differs from ``other``.

    A check that raises becomes one finding that names it, and the rest still runs.
    """
    found = [_not_understood(description, problem) for problem in description.problems]
    for check in all_checks():
        if (not only or check.name in only) and check.name not in skip:
            found += _findings(check, description, other, claims, nodes)
    return ordered(found)


def _not_understood(description: Description, problem: Problem) -> Finding:
    told = f"{problem.field}: {problem.message}" if problem.field else problem.message
    remedy = "mend it; checks that read it were left out"
    return Finding(UNDERSTOOD, "error", description.name, one_line(told), remedy, problem.file, problem.line)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once: gravest first, then by file, line, check and subject."""
    return tuple(sorted(dict.fromkeys(found), key=_position))


def _position(finding: Finding) -> tuple[Any, ...]:
    place = (finding.file or "", finding.line or 0)
    return (SEVERITIES.index(finding.severity), *place, finding.check, finding.subject, finding.message)


def _findings(
    check: Check, description: Description, other: Description | None, claims: Claims | None, nodes: Nodes | None
) -> Sequence[Finding]:
    try:
        return [
            _located(_finding(check, item), item, description)
            for item in _found(check, description, other, claims, nodes)
        ]
    except InputError as error:  # the file is wrong, not the check; several checks that read the same say it once
        return [_not_understood(description, problem) for problem in error.problems]
    except Exception as error:  # whatever it is, the other checks still tell what they find
        message = f"{check.name} could not be carried out: {type(error).__name__}: {one_line(error)[:300]}"
        remedy = "report it with the file; --skip it meanwhile"
        return [Finding(INTERNAL, "error", check.name, message, remedy)]


def _found(
    check: Check, description: Description, other: Description | None, claims: Claims | None, nodes: Nodes | None
) -> Iterator[Found]:
    readings = check.readings
    if other is not None and "against" in readings:
        yield from readings["against"](description, other)
    if "objects" in readings and description.cluster is not None:
        yield from readings["objects"](description.cluster)
    elif "compose" in readings and description.project is not None:
        yield from readings["compose"](description.project)
    elif "workloads" in readings and description.seen is not None:
        yield from readings["workloads"](description.seen)
    elif "topology" in readings and description.topology is not None:
        imported = description.form != "topology"
        yield from readings["topology"](System(description.topology, imported, claims, nodes, description.draft))


def _finding(check: Check, item: Found) -> Finding:
    severity = item.severity or check.severity
    return Finding(check.name, severity, one_line(item.subject), one_line(item.message), one_line(item.remedy))


def _located(finding: Finding, item: Found, description: Description) -> Finding:
    where = item.where or description.places.get(item.subject)
    return finding if where is None else replace(finding, file=where.file, line=where.line)
