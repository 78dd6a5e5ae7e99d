"""Each invariant has a file of tests, and those make it fail as well as hold."""

from __future__ import annotations

import re

import pytest

from novaplan.migration.invariants import Invariant, all_invariants
from tests.golden_files import ROOT

FOLDER = ROOT / "tests" / "migration" / "invariants"
MODULES = ROOT / "novaplan" / "migration" / "invariants"


def test_every_file_is_an_invariant() -> None:
    files = {path.stem.replace("_", "-") for path in MODULES.glob("*.py")} - {"--init--"}

    assert {invariant.name for invariant in all_invariants()} == files


@pytest.mark.parametrize("invariant", all_invariants(), ids=lambda invariant: invariant.name)
def test_every_invariant_is_tested_both_ways(invariant: Invariant) -> None:
    name = invariant.name
    text = (FOLDER / f"test_{name.replace('-', '_')}.py").read_text(encoding="utf-8")

    assert f'"{name}"' in text
    assert re.search(r"== (\[\]|set\(\))", text), "no test in which it holds"
    assert re.search(r"== \[\s*[^\]\s]|== missed|== list\(|!= \[\]|is fine", text), "no test in which it fails"


@pytest.mark.parametrize("invariant", all_invariants(), ids=lambda invariant: invariant.name)
def test_every_invariant_says_what_it_is_and_asks_something(invariant: Invariant) -> None:
    assert invariant.title.endswith(".")
    asks = (invariant.obligations, invariant.judge)

    assert any(ask.__name__ != "_nothing" for ask in asks)
