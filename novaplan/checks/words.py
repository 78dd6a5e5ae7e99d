"""Findings and checks as people read them, and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from novaplan.checks.catalogue import Check
from novaplan.checks.checklist import Item, checklist, checklist_document, checklist_table
from novaplan.checks.reading import Description
from novaplan.checks.waivers import Waived, Waiver
from novaplan.findings import SEVERITIES, Finding
from novaplan.tables import Table


def text(found: Waived, described: Sequence[Description], width: int) -> str:
    """Every finding in a paragraph of its own, the checklist of each topology, then how many findings there are."""
    parts = [_paragraph(finding, width) for finding in found.standing]
    parts += [checklist_table(items, f"Checklist of {name}").text(width) for name, items in _checklists(described)]
    return "\n\n".join([*parts, _conclusion(found, described)])


def _checklists(described: Sequence[Description]) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """Of what is stated as a topology; what is imported states too little for it."""
    for item in described:
        if item.form == "topology" and item.topology is not None:
            yield item.name, checklist(item.topology)


def _paragraph(finding: Finding, width: int) -> str:
    place = (finding.file or "") + (f":{finding.line}" if finding.file and finding.line else "")
    lines = [f"{finding.severity} {finding.check}" + (f"  {place}" if place else "")]
    lines += _folded(f"{finding.subject}: {finding.message}.", width)
    lines += _folded(f"-> {finding.remedy}.", width) if finding.remedy else []
    return "\n".join(lines)


def _folded(sentence: str, width: int) -> list[str]:
    indent = "  "
    return textwrap.wrap(
        sentence, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _conclusion(found: Waived, described: Sequence[Description]) -> str:
    names = ", ".join(item.name for item in described)
    counts = summary(found.standing)
    told = [_count(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    accepted = f"; {_count(len(found.accepted), 'accepted finding')} not shown" if found.accepted else ""
    return f"{names}: {', '.join(told) or 'nothing found'}{accepted}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def summary(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each severity."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in SEVERITIES}


def document(found: Waived, described: Sequence[Description]) -> dict[str, Any]:
    """``novaplan/check/v1``."""
    return {
        "format": "novaplan/check/v1",
        "checked": [{"name": item.name, "form": item.form} for item in described],
        "summary": {**summary(found.standing), "accepted": len(found.accepted)},
        "findings": [finding.to_dict() for finding in found.standing],
        "checklist": [{"topology": name, "items": checklist_document(items)} for name, items in _checklists(described)],
        "accepted": [{**finding.to_dict(), **_waiver(waiver)} for finding, waiver in found.accepted],
    }


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {"reason": waiver.reason, "expires": waiver.expires.isoformat()}


def about_waivers(found: Waived) -> Iterator[str]:
    """What to say of waivers that no longer do what they were written for."""
    for waiver in found.expired:
        yield f"the waiver of {waiver.check} for {waiver.subject} expired on {waiver.expires}: {waiver.reason}"
    for waiver in found.unused:
        yield f"the waiver of {waiver.check} for {waiver.subject} covers nothing; remove it"


def checks_table(checks: Iterable[Check]) -> Table:
    """What checks there are."""
    rows = tuple((check.family, check.name, check.severity, check.title) for check in checks)
    return Table("", ("family", "check", "severity", "what must hold"), rows)


def checks_document(checks: Iterable[Check]) -> dict[str, Any]:
    """``novaplan/checks/v1``."""
    rows = [
        {
            "name": check.name,
            "family": check.family,
            "severity": check.severity,
            "title": check.title,
            "text": check.text,
            "reads": list(check.readings),
        }
        for check in checks
    ]
    return {"format": "novaplan/checks/v1", "checks": rows}


def page(check: Check, width: int) -> str:
    """The documentation of one check."""
    head = f"{check.name} ({check.family}, {check.severity})"
    return "\n\n".join([head, "\n".join(textwrap.wrap(check.title, width)), check.text])
