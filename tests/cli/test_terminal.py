"""On a terminal: colour, and its width."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from novaplan.cli import terminal
from tests.cli.command import MODULE, Run, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(*words: str, cwd: Path, env: dict[str, str], columns: int = 0) -> str:
    """What ``novaplan`` shows on a terminal."""
    import pty

    if columns:
        env = {**env, "COLUMNS": str(columns)}
    ours, theirs = pty.openpty()
    with subprocess.Popen([*MODULE, *words], cwd=cwd, stdout=theirs, stderr=theirs, env=environment(env)) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # Linux says so when the other side is closed
            pass
        os.close(ours)
        assert process.wait(timeout=60) == 0
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def target(folder: Path, consolidated: str) -> None:
    (folder / "topologies" / "small.yaml").write_text(consolidated)


@pytest.mark.usefixtures("target")
def test_colour_adds_nothing_but_colour(novaplan: Run, folder: Path) -> None:
    for words in (("show", "shop"), ("diff", "shop", "small")):
        plain = novaplan(*words).out
        shown = on_terminal(*words, cwd=folder, env={"TERM": "xterm-256color"})
        assert COLOUR.search(shown)
        assert COLOUR.sub("", shown) == plain


def test_no_colour_where_none_is_wanted(novaplan: Run, folder: Path) -> None:
    plain = novaplan("show", "shop").out
    for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert on_terminal("show", "shop", cwd=folder, env=env) == plain


def test_json_has_no_colour(folder: Path) -> None:
    assert "\x1b" not in on_terminal("show", "shop", "--format", "json", cwd=folder, env={"TERM": "xterm"})


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("columns", [50, 160])
def test_the_width_of_the_terminal_is_used(folder: Path, columns: int) -> None:
    shown = on_terminal("diff", "shop", "small", cwd=folder, env={"TERM": "dumb"}, columns=columns)
    widest = max(map(len, shown.splitlines()))
    assert widest <= columns
    assert (widest > 80) == (columns > 80)


SECTIONS = """\
2 services become 1.
Resources: pods 4 -> 3, memory
  384Mi.

store <- cart, web
  replicas  2

cache (redis) (new)
  why  faster
  new  a

Secrets
  new         one
  key moved   two <- three
  newish      four

Retired
  route  /old"""


def test_what_is_painted() -> None:
    painted = terminal.painted(SECTIONS).split("\n")
    assert painted[0] == "\x1b[1m2 services become 1.\x1b[0m"
    assert painted[1] == "Resources: pods 4 -> 3, memory"
    assert painted[4] == "\x1b[1;33mstore <- cart, web\x1b[0m"
    assert painted[7] == "\x1b[1;32mcache (redis) (new)\x1b[0m"
    assert painted[9] == "  \x1b[32mnew\x1b[0m  a"
    assert painted[11] == "\x1b[1mSecrets\x1b[0m"
    assert painted[13] == "  key \x1b[33mmoved\x1b[0m   two <- three"
    assert painted[14] == "  newish      four"
    assert painted[16] == "\x1b[1;31mRetired\x1b[0m"
    assert COLOUR.sub("", "\n".join(painted)) == SECTIONS


def test_the_headings_of_a_table_are_bold() -> None:
    painted = terminal.painted("shop: much\n\nServices\n\nname    role\n------  ------\nmerged  new").split("\n")
    assert [line.startswith("\x1b[1m") for line in painted] == [True, False, True, False, True, False, False]
