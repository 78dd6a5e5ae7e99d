"""``novaplan diagram``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from novaplan.topology import storage
from tests import generate
from tests.cli.command import Run

FORMS = ["dot", "mmd", *(["svg", "png", "pdf"] if shutil.which("dot") else [])]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_written_and_may_be_written_again(novaplan: Run, folder: Path, form: str) -> None:
    for _ in range(2):
        result = novaplan("diagram", "shop", "-o", f"shop.{form}")
        assert (result.out, result.err, result.status) == ("", f"wrote shop.{form}\n", 0)
    assert b"Written by novaplan" in (folder / f"shop.{form}").read_bytes()


def test_two_topologies_give_the_lineage(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "small.yaml").write_text(consolidated)
    assert novaplan("diagram", "shop", "small.yaml", "-o", "merge.mmd").status == 0
    assert "(merged)" in (folder / "merge.mmd").read_text().replace("#40;", "(").replace("#41;", ")")


def test_more_than_mermaid_draws_is_told(novaplan: Run, folder: Path) -> None:
    storage.save(generate.system(120, 800), folder / "big.yaml")
    result = novaplan("diagram", "big.yaml", "-o", "big.mmd", "--fold", "0")
    assert result.status == 0
    assert "warning: Mermaid draws 500 arrows and 50,000 characters at most" in result.err
    assert novaplan("diagram", "big.yaml", "-o", "big.mmd", "--hide", "service").err == "wrote big.mmd\n"


def test_what_is_hidden_is_left_out(novaplan: Run, folder: Path) -> None:
    assert novaplan("diagram", "shop", "-o", "shop.dot", "--hide", "datastore", "--group-by", "none").status == 0
    assert "cylinder" not in (folder / "shop.dot").read_text()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("-o", "shop.gif"), 2, "the forms are svg, png, pdf, dot, mmd"),
        (("-o", "shop"), 2, "has no extension that is a form of picture"),
        ((), 2, "its extension is the form"),
        (("shop", "shop", "-o", "shop.dot"), 2, "TARGET, or say --step of a PLAN"),
        (("shop", "--step", "1", "-o", "shop.dot"), 2, "2 names are given; name PLAN or PLAN CURRENT TARGET"),
        (("--step", "1", "-o", "shop.dot"), 1, "there is no such file"),
        (("-o", "shop.dot", "--focus", "cat"), 1, "did you mean 'cart'"),
        (("-o", "nowhere/shop.dot"), 1, "create it first"),
    ],
)
def test_bad_input(novaplan: Run, words: tuple[str, ...], status: int, said: str) -> None:
    result = novaplan("diagram", "shop", *words)
    assert (result.out, result.status) == ("", status)
    assert said in " ".join(result.err.split())


def test_the_state_after_a_step(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "topologies" / "small.yaml").write_text(consolidated)
    assert novaplan("plan", "shop", "small", "-o", "plan.yaml").status == 0
    steps = yaml.safe_load((folder / "plan.yaml").read_text())["steps"]
    for step in ("0", str(len(steps)), steps[0]["id"]):
        result = novaplan("diagram", "plan.yaml", "shop", "small", "--step", step, "-o", "step.mmd")
        assert (result.err, result.status) == ("wrote step.mmd\n", 0)


def test_a_step_that_there_is_none_of(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "topologies" / "small.yaml").write_text(consolidated)
    assert novaplan("plan", "shop", "small", "-o", "plan.yaml").status == 0
    for words, said in (
        (("shop", "small", "--step", "999"), "there is no step '999' in this plan, which has"),
        (("--step", "1"), "no topology named 'shop-small'"),
        (("--step", "1"), "; name CURRENT and TARGET after PLAN"),
        (("small", "shop", "--step", "1"), "the plan is for another topology"),
        (("nowhere", "small", "--step", "1"), "nowhere"),
    ):
        result = novaplan("diagram", "plan.yaml", *words, "-o", "step.mmd")
        assert (result.out, result.status) == ("", 1)
        assert said in result.err
    assert not (folder / "step.mmd").exists()


def test_a_file_of_somebody_else_stays(novaplan: Run, folder: Path) -> None:
    (folder / "shop.mmd").write_text("mine")
    result = novaplan("diagram", "shop", "-o", "shop.mmd")
    assert result.status == 1
    assert "was not written by novaplan" in result.err
    assert (folder / "shop.mmd").read_text() == "mine"
