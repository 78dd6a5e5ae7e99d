"""Pipes, closed streams, encodings, places and signals: the result is the same everywhere, and the end is quiet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.command import MODULE, SHOP, Run, environment

posix = pytest.mark.skipif(os.name != "posix", reason="speaks of file descriptors and signals as POSIX has them")

NAMED = SHOP.replace("name: shop\n", "name: Bäckerei 店\n", 1)


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LANG": "de_DE.ISO-8859-1", "TZ": "Pacific/Kiritimati"},
        {"COLUMNS": "200", "TERM": "xterm-256color"},
        {"NO_COLOR": "1", "PYTHONHASHSEED": "7"},
    ],
    ids=lambda env: next(iter(env)),
)
def test_the_surroundings_do_not_matter(novaplan: Run, tmp_path: Path, env: dict[str, str]) -> None:
    plain = novaplan("show", "-", stdin=NAMED)
    assert "Bäckerei 店" in plain.out
    assert novaplan("show", "-", stdin=NAMED, env=env) == plain


def test_errors_are_utf8_too(novaplan: Run) -> None:
    (problem,) = novaplan("show", "Bäckerei", env={"LC_ALL": "C"}).problems
    assert problem.startswith("there is no topology named 'Bäckerei'")


def shell(command: str, folder: Path) -> tuple[str, str, int]:
    """``command`` in a shell that reports the status of a pipe's first failure; $N is novaplan."""
    env = environment({"N": " ".join(MODULE)})
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    return done.stdout, done.stderr, done.returncode


@posix
@pytest.mark.parametrize(
    ("command", "out", "err", "status"),
    [
        ("$N schema | head -1", "{\n", "", 141),
        ("$N show shop | true", "", "", 141),
        ("$N --help | true", "", "", 1),
        ("$N --version | true", "", "", 141),
        ("$N show shop >/dev/full", "", "standard output: cannot be written: No space left on device", 1),
        ("$N --version >/dev/full", "", "standard output: cannot be written: No space left on device", 1),
        ("$N show shop >&-", "", "standard output: cannot be written: it is closed", 1),
        ("$N show shp 2>&-", "", "", 1),
        ("$N show shp 2>/dev/full", "", "", 1),
        ("$N show - <&-", "", "<stdin>:1: holds no document; write one into it", 1),
    ],
)
def test_streams_that_end_early(folder: Path, command: str, out: str, err: str, status: int) -> None:
    # A reader that is gone is noticed only when something is written after it left.
    slow = command.replace("| true", "| (exec <&-; sleep 0.01)")
    found = shell(slow, folder)
    if "|" in command and found[2] == 0:  # all was written before the reader left
        found = (found[0], found[1], status)
    assert found == (out, f"novaplan: {err}\n" if err else "", status)


@posix
def test_an_interrupt_ends_it_quietly(folder: Path) -> None:
    # Standard input stays open, so it waits there.
    words = [*MODULE, "show", "-"]
    with subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_until_it_reads(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")


def wait_until_it_reads(pid: int) -> None:
    """Wait until a process has imported all it needs and sleeps."""
    place = Path(f"/proc/{pid}/wchan")
    if not place.exists():
        time.sleep(3)
        return
    for _ in range(500):
        time.sleep(0.02)
        if "pipe" in place.read_text() or "wait" in place.read_text():
            time.sleep(0.1)
            return


def test_a_bug_keeps_its_traceback(folder: Path) -> None:
    code = (
        "import novaplan.topology.storage as storage\n"
        "storage.load = lambda source: 1 / 0\n"
        "import sys; sys.argv = ['novaplan', 'show', 'shop']\n"
        "from novaplan.cli import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "novaplan: " not in done.stderr


def test_it_works_where_nothing_may_be_written_and_nothing_is(novaplan: Run, tmp_path: Path, folder: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    empty.chmod(0o555)
    result = novaplan("show", "../topologies/shop.yaml", cwd=empty)
    assert (result.status, result.err) == (0, "")
    assert list(empty.iterdir()) == []
