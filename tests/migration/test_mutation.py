"""A plan that is spoiled in any one place is refused by name. ``NOVAPLAN_EVERY_MUTANT=1`` tries all, else a sample."""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict

import pytest

from tests.migration.mutants import Mutant, mutants, noticed_by
from tests.migration.planned import planned

EVERY = bool(os.environ.get("NOVAPLAN_EVERY_MUTANT"))
STRIDE = 1 if EVERY else 11
"""One in so many is tried; steps and what can be done to them never come in elevens."""
LEAST = 0.98


@pytest.mark.parametrize("systems", [("current", "target"), ("shop", "shop-target")])
def test_spoiled_plans_are_refused(systems: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    tried, survivors = Counter[str](), []
    found: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants(planned(*systems).steps):
        found[mutant.what].append(mutant)
    for mutant in (item for items in found.values() for item in items[::STRIDE]):
        tried[mutant.what] += 1
        if not noticed_by(mutant, systems):
            survivors.append(f"{mutant.what} {mutant.where}")
    score = 1 - len(survivors) / tried.total()
    with capsys.disabled():
        if EVERY:
            sys.stdout.write(f"\n{systems[1]}: {score:.1%} of {tried.total()} mutants are refused; {survivors}\n")

    common = {"delete", "swap", "precondition", "weight", "gate", "rollback", "bake", "action", "fact", "final"}
    assert set(tried) == common
    assert score >= LEAST, f"accepted: {survivors}"
