"""``novaplan consolidate``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.command import POLICY, SHOP, Run, files

WORDS = ("consolidate", "shop", "--policy", "shop-policy")
HEADER = "# Written by novaplan consolidate; change the source and run it again, edits here are lost.\n"


def test_the_target_is_printed(novaplan: Run, consolidated: str) -> None:
    result = novaplan(*WORDS)
    assert (result.out, result.err, result.status) == (consolidated, "", 0)
    assert consolidated.startswith(HEADER)
    target = yaml.safe_load(consolidated)
    assert target["name"] == "shop-small"
    assert [service["name"] for service in target["services"]] == ["store"]
    assert target["lineage"]["source"] == "shop"


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_the_file_is_byte_for_byte_what_is_printed(novaplan: Run, folder: Path, consolidated: str, option: str) -> None:
    result = novaplan(*WORDS, option, "out.yaml")
    assert (result.out, result.err, result.status) == ("", "wrote out.yaml\n", 0)
    assert (folder / "out.yaml").read_bytes() == consolidated.encode()


def test_standard_streams(novaplan: Run, consolidated: str) -> None:
    assert novaplan("consolidate", "-", "--policy", "shop-policy", "-o", "-", stdin=SHOP).out == consolidated
    assert novaplan("consolidate", "shop", "--policy", "-", stdin=POLICY).out == consolidated


def test_what_novaplan_wrote_is_written_again(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "out.yaml").write_text(HEADER + "name: old\n")
    assert novaplan(*WORDS, "-o", "out.yaml").status == 0
    assert (folder / "out.yaml").read_text() == consolidated


def test_somebody_elses_file_is_kept_unless_forced(novaplan: Run, folder: Path, consolidated: str) -> None:
    (folder / "out.yaml").write_text("mine: yes\n")
    before = files(folder)
    assert novaplan(*WORDS, "-o", "out.yaml").problems == [
        "out.yaml: exists and was not written by novaplan; --force replaces it"
    ]
    assert files(folder) == before
    assert novaplan(*WORDS, "-o", "out.yaml", "--force").err == "wrote out.yaml\n"
    assert (folder / "out.yaml").read_text() == consolidated


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        ("nowhere/out.yaml", "nowhere/out.yaml: the folder of this file does not exist; create it first"),
        ("models", "models: is a folder; name a file in it"),
        ("/proc/out.yaml", "/proc/out.yaml: "),  # a folder that not even root may write to
        ("models/shop-policy.yaml/out.yaml", "models/shop-policy.yaml/out.yaml: the folder of this file is no folder"),
    ],
)
def test_a_file_that_cannot_be_written(novaplan: Run, folder: Path, destination: str, said: str) -> None:
    before = files(folder)
    (problem,) = novaplan(*WORDS, "-o", destination).problems
    assert problem.startswith(said)
    assert files(folder) == before


def test_every_conflict_is_told_and_nothing_is_written(novaplan: Run, folder: Path) -> None:
    (folder / "models" / "shop-policy.yaml").write_text(POLICY.replace("ports: fold, ", "ports: union, "))
    (folder / "out.yaml").write_text(HEADER)
    before = files(folder)
    problems = novaplan(*WORDS, "-o", "out.yaml").problems
    assert problems
    assert all("; settle it with " in problem or "groups[store]" in problem for problem in problems)
    assert files(folder) == before
