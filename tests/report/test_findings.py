"""Findings of both sides, and what becomes of each."""

from __future__ import annotations

from novaplan.findings import Finding, Severity
from novaplan.report.findings import Count, counts, told


def finding(check: str, subject: str, severity: Severity = "warning") -> Finding:
    return Finding(check, severity, subject, f"{subject} is wrong")


def test_each_finding_is_told_once_with_what_becomes_of_it() -> None:
    before = [finding("a", "cart"), finding("a", "db"), finding("b", "shop", "error")]
    after = [finding("a", "cart"), finding("c", "cart", "note")]
    found = [(item.fate, item.finding.check, item.finding.subject) for item in told(before, after, {})]
    assert found == [("mended", "b", "shop"), ("stays", "a", "cart"), ("mended", "a", "db"), ("new", "c", "cart")]


def test_what_a_component_became_is_the_same_subject() -> None:
    before, after = [finding("a", "cart"), finding("b", "cart"), finding("a", "old")], [finding("a", "store")]
    found = told(before, after, {"cart": ("store",), "old": ()})
    assert [(item.fate, item.finding) for item in found] == [
        ("stays", after[0]),
        ("mended", before[1]),
        ("mended", before[2]),
    ]


def test_counts_are_told_gravest_first() -> None:
    assert counts([finding("a", "x", "error")], [finding("a", "x", "note"), finding("b", "y", "note")]) == [
        Count("error", 1, 0),
        Count("warning", 0, 0),
        Count("note", 0, 2),
    ]
