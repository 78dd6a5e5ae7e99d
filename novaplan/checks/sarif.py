"""Findings as SARIF 2.1.0, which code scanning reads.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub asks of it,
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from novaplan.checks.catalogue import Check, all_checks
from novaplan.checks.waivers import Waived
from novaplan.findings import Finding

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Waived, version: str) -> dict[str, Any]:
    """One run of this ``version``: every check as a rule, every finding as a result, accepted ones suppressed."""
    checks = {check.name: check for check in all_checks()}
    results = [(item, None) for item in found.standing] + [(item, waiver.reason) for item, waiver in found.accepted]
    names = sorted({finding.check for finding, _ in results} | checks.keys())
    index = {name: position for position, name in enumerate(names)}
    seen: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "novaplan",
                        "version": version,
                        "rules": [_rule(name, checks.get(name)) for name in names],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, reason, index, seen) for finding, reason in results],
            }
        ],
    }


def _rule(name: str, check: Check | None) -> dict[str, Any]:
    if check is None:
        return {"id": name, "shortDescription": {"text": f"novaplan itself: {name}."}}
    text = check.text or check.title
    return {
        "id": name,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": f"**{check.title}**\n\n{text}"},
        "defaultConfiguration": {"level": check.severity},
        "properties": {"tags": [check.family]},
    }


def _result(finding: Finding, reason: str | None, index: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    remedy = f" Remedy: {finding.remedy}." if finding.remedy else ""
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": index[finding.check],
        "level": finding.severity,
        "message": {"text": f"{finding.subject}: {finding.message}.{remedy}"},
        "partialFingerprints": {"finding/v1": _fingerprint(finding, seen)},
    }
    place: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": finding.subject}]}
    if finding.file:
        region = {"region": {"startLine": finding.line}} if finding.line else {}
        place["physicalLocation"] = {"artifactLocation": {"uri": _uri(finding.file)}, **region}
    result["locations"] = [place]
    if reason is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """The same as long as it is the same finding, wherever in the file it moves."""
    text = "\n".join((finding.check, finding.subject, finding.message, finding.file or ""))
    known = hashlib.sha256(text.encode()).hexdigest()[:32]
    seen[known] += 1
    return f"{known}:{seen[known]}"


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
