"""The page about plan files says every field and every invariant."""

from __future__ import annotations

import re

import pytest

from novaplan.migration import plan_file
from novaplan.migration.invariants import all_invariants
from tests.golden_files import ROOT

PAGE = (ROOT / "docs" / "plan-format.md").read_text(encoding="utf-8")
MODELS = (plan_file.PlanFile, plan_file.StepEntry, plan_file.Side, plan_file.GateEntry, plan_file.ActionEntry,
          plan_file.EditEntry, plan_file.EffortEntry)  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_on_the_page(model: type[plan_file.Model]) -> None:
    missing = [name for name in model.model_fields if not re.search(rf"`{name}[`\[:]", PAGE)]

    assert not missing


def test_every_invariant_is_on_the_page() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE.split("These are the invariants:")[1], re.MULTILINE)

    assert rows == [(invariant.name, invariant.title) for invariant in all_invariants()]
