"""``novaplan diagram``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

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


def test_what_is_hidden_is_left_out(novaplan: Run, folder: Path) -> None:
    assert novaplan("diagram", "shop", "-o", "shop.dot", "--hide", "datastore", "--group-by", "none").status == 0
    assert "cylinder" not in (folder / "shop.dot").read_text()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("-o", "shop.gif"), 2, "the forms are svg, png, pdf, dot, mmd"),
        ((), 2, "its extension is the form"),
        (("-o", "shop.dot", "--focus", "cat"), 1, "did you mean 'cart'"),
        (("-o", "nowhere/shop.dot"), 1, "create it first"),
    ],
)
def test_bad_input(novaplan: Run, words: tuple[str, ...], status: int, said: str) -> None:
    result = novaplan("diagram", "shop", *words)
    assert (result.out, result.status) == ("", status)
    assert said in " ".join(result.err.split())


def test_a_file_of_somebody_else_stays(novaplan: Run, folder: Path) -> None:
    (folder / "shop.mmd").write_text("mine")
    result = novaplan("diagram", "shop", "-o", "shop.mmd")
    assert result.status == 1
    assert "was not written by novaplan" in result.err
    assert (folder / "shop.mmd").read_text() == "mine"
