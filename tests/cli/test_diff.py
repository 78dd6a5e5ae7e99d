"""``novaplan diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import SHOP, Run


@pytest.fixture(autouse=True)
def target(folder: Path, consolidated: str) -> None:
    (folder / "topologies" / "small.yaml").write_text(consolidated)


def test_table(novaplan: Run) -> None:
    result = novaplan("diff", "shop", "small")
    assert (result.err, result.status) == ("", 0)
    assert result.out.startswith("2 services become 1")
    assert "\nstore <- cart, web\n" in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_json(novaplan: Run) -> None:
    result = novaplan("diff", "shop", "small", "--format", "json")
    assert (result.err, result.status) == ("", 0)
    found = json.loads(result.out)
    assert found["format"] == "novaplan/diff/v1"
    assert found["summary"]["services"] == {"current": 2, "target": 1}
    assert found["lineage"]["services"]["web"] == {"fate": "absorbed", "into": ["store"], "reason": ""}
    assert result.out == json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def test_markdown(novaplan: Run) -> None:
    result = novaplan("diff", "shop", "small", "--format", "markdown")
    assert (result.err, result.status) == ("", 0)
    assert result.out.startswith("## shop")
    assert "| --- |" in result.out
    assert result.out.endswith("|\n")


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_a_detailed_exit_status_and_the_same_output(novaplan: Run, form: str) -> None:
    plain = novaplan("diff", "shop", "small", "--format", form)
    detailed = novaplan("diff", "shop", "small", "--format", form, "--detailed-exitcode")
    assert (detailed.out, detailed.err, detailed.status) == (plain.out, plain.err, 2)


def test_no_difference(novaplan: Run) -> None:
    result = novaplan("diff", "shop", "-", "--detailed-exitcode", stdin=SHOP)
    assert (result.out, result.err, result.status) == ("No differences.\n", "", 0)
    assert json.loads(novaplan("diff", "shop", "shop", "--format", "json").out)["changes"] == []


def test_a_stale_lineage_is_told(novaplan: Run, folder: Path) -> None:
    (folder / "topologies" / "shop.yaml").write_text(SHOP.replace("replicas: 2", "replicas: 4"))
    result = novaplan("diff", "shop", "small", "--format", "json")
    assert result.status == 0
    assert json.loads(result.out)["lineage"]["basis"] == "stale"
    assert result.err == (
        "novaplan: warning: small was made from another version of shop, so merges and moves may be shown as deletions "
        "and creations; consolidate again\n"
    )


def test_one_side_from_standard_input(novaplan: Run, consolidated: str) -> None:
    expected = novaplan("diff", "shop", "small").out
    assert novaplan("diff", "shop", "-", stdin=consolidated).out == expected
    assert novaplan("diff", "-", "small", stdin=SHOP).out == expected


def test_an_unknown_side(novaplan: Run) -> None:
    (problem,) = novaplan("diff", "shop", "smal", "--detailed-exitcode").problems
    assert problem.startswith("there is no topology named 'smal' (did you mean 'small'?)")
