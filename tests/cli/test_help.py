"""What the command says about itself, and about being used wrongly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import novaplan as package
from novaplan.cli import commands
from tests.cli.command import Result, Run, script

COMMANDS = sorted(file.stem.rstrip("_") for file in Path(commands.__path__[0]).glob("[a-z]*.py"))


def page(result: Result) -> str:
    """The text of a help page, well-formed as every one has to be."""
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].startswith("Usage: novaplan ")
    assert max(map(len, lines)) <= 80
    assert result.out.endswith("\n")
    assert not re.search(r"\x1b|[{}]|``|\b\x08|DefaultPlaceholder", result.out)
    return result.out


def test_version_is_told_before_anything_is_imported(novaplan: Run) -> None:
    result = novaplan("--version")
    assert (result.out, result.err, result.status) == (f"novaplan {package.__version__}\n", "", 0)


def test_version_among_other_words(novaplan: Run) -> None:
    assert novaplan("--version", "show").out == f"novaplan {package.__version__}\n"


def test_help_names_every_command_with_one_line(novaplan: Run) -> None:
    text = page(novaplan("--help"))
    listed = text.partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == COMMANDS
    assert all(re.fullmatch(r"  [a-z-]+ +[A-Z].*\.", line) and not line.endswith("...") for line in listed)
    assert "  Examples:\n    novaplan " in text
    assert "  Exit status:\n    0  fine\n" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(novaplan: Run, name: str) -> None:
    text = page(novaplan(name, "--help"))
    assert text.startswith(f"Usage: novaplan {name} ")
    assert f"  Examples:\n    novaplan {name}" in text
    assert "  Exit status:\n    0  fine\n" in text
    assert "-h, --help" in text


def test_short_help_option(novaplan: Run) -> None:
    assert novaplan("show", "-h").out == novaplan("show", "--help").out


def test_a_narrow_terminal_gets_narrow_help(novaplan: Run) -> None:
    options = novaplan("diff", "--help", env={"COLUMNS": "60"}).out.partition("Examples:")[0]
    assert max(map(len, options.splitlines())) <= 60


def misuse(result: Result) -> str:
    assert (result.status, result.out) == (2, "")
    assert "Traceback" not in result.err
    return result.err


def test_without_words_it_helps(novaplan: Run) -> None:
    assert misuse(novaplan()).startswith("Usage: novaplan ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shwo", "shop"), "No such command 'shwo'. Did you mean 'show'?"),
        (("consolidat",), "No such command 'consolidat'. Did you mean 'consolidate'?"),
        (("--verison",), "No such option: --verison (Possible options: --version)"),
        (("show", "shop", "--formt", "json"), "No such option: --formt (Possible options: --format)"),
        (("show", "shop", "--format", "jsn"), "Invalid value for '--format': 'jsn' is not one of"),
        (("show", "shop", "--format"), "Option '--format' requires an argument."),
        (("show",), "Missing argument 'TOPOLOGY'."),
        (("show", "shop", "shop"), "Got unexpected extra argument"),
        (("diff", "shop"), "Missing argument 'TARGET'."),
        (("diff", "-", "-"), "only one of CURRENT and TARGET can be standard input"),
        (("consolidate", "shop"), "Missing option '--policy'."),
        (("consolidate", "-", "--policy", "-"), "only one of TOPOLOGY and --policy can be standard input"),
        (("schema", "toplogy"), "Invalid value for '[KIND]': 'toplogy' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage(novaplan: Run, words: tuple[str, ...], said: str) -> None:
    text = misuse(novaplan(*words))
    assert said in text
    assert text.endswith("\n")


def test_the_installed_command_is_the_module(novaplan: Run) -> None:
    for words in (("--version",), ("show", "shop"), ("show", "shp"), ("show",)):
        assert novaplan(*words, command=[script()]) == novaplan(*words)
