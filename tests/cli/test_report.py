"""``novaplan report``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Run, files


def test_a_page_is_written_and_may_be_written_again(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "small.yaml").write_text(consolidated)
    for _ in range(2):
        result = novaplan("report", "shop", "small.yaml", "-o", "report.html")
        assert (result.out, result.err, result.status) == ("", "wrote report.html\n", 0)
    assert novaplan("report", "shop", "small.yaml").out == (folder / "report.html").read_text()


def test_a_refused_plan_is_no_error(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "small.yaml").write_text(consolidated)
    result = novaplan("report", "small.yaml", "shop", "-o", "report.html")
    assert result.status == 0
    assert "There is no plan" in (folder / "report.html").read_text()
    assert "novaplan: warning: no plan is safe as it was asked for" in result.err


def test_where_only_nodes_lack_the_plan_is_shown_all_the_same(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "small.yaml").write_text(consolidated)
    (folder / "tiny.yaml").write_text(
        "format: novaplan/nodes/v1\n"
        "kinds:\n  - {name: tiny, cpu: 300m, memory: 512Mi}\n"
        "pool:\n  - {kind: tiny, count: 2}\n"
    )
    result = novaplan("report", "shop", "small.yaml", "--nodes", "tiny.yaml", "-o", "report.html")
    page = (folder / "report.html").read_text()
    assert (result.status, "warning: no plan is safe as it was asked for" in result.err) == (0, True)
    assert "On the nodes that were named no plan could be proved safe." in page
    assert "Step by step, in time" in page


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("shop", "shap"), 1, "did you mean 'shop'"),
        (("shop", "small.yaml", "-o", "nowhere/report.html"), 1, "create it first"),
        (("shop", "small.yaml", "-o", "theirs.html"), 1, "was not written by novaplan"),
        (("shop", "small.yaml", "--claims", "clams"), 1, "clams"),
        (("shop", "small.yaml", "--nodes", "nods"), 1, "did you mean 'nodes'"),
        (("shop", "small.yaml", "--prices", "price"), 1, "did you mean 'prices'"),
        (("-", "-"), 2, "only one of the files can be standard input"),
        (("shop",), 2, "Missing argument 'TARGET'"),
        (("shop", "small.yaml", "--people", "0"), 2, "people"),
    ],
)
def test_bad_input_is_told_and_nothing_written(
    novaplan: Run, folder: Path, consolidated: str, words: tuple[str, ...], status: int, said: str
) -> None:
    (folder / "small.yaml").write_text(consolidated)
    (folder / "theirs.html").write_text("<p>mine</p>")
    before = files(folder)
    result = novaplan("report", *words)
    assert (result.out, result.status) == ("", status)
    assert said in " ".join(result.err.split())
    assert files(folder) == before


def test_force_replaces_a_file_of_somebody_else(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "small.yaml").write_text(consolidated)
    (folder / "theirs.html").write_text("<p>mine</p>")
    assert novaplan("report", "shop", "small.yaml", "-o", "theirs.html", "--force").status == 0
    assert "<p>mine</p>" not in (folder / "theirs.html").read_text()
