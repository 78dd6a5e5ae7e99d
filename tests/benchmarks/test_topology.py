"""How loading, saving and taking apart grow with a system, and how long a command takes to start.

Each size has proportionally as many dependencies. A growth exponent of 1 is linear; n log n here is 1.13.
Start-up is a ratio to an empty Python process, which says more than seconds do on a machine that is busy.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from novaplan.topology.parts import join, split
from novaplan.topology.storage import dumps, load, save
from novaplan.topology.system import Topology
from tests.generate import system

SIZES = (1_250, 2_500, 5_000)
PER_SERVICE = 8
ROUNDS = {"rounds": 5, "iterations": 1, "warmup_rounds": 1}
N_LOG_N = math.log(SIZES[-1] * math.log(SIZES[-1]) / (SIZES[0] * math.log(SIZES[0]))) / math.log(SIZES[-1] / SIZES[0])
NOISE = 0.2
"""What a busy machine may add to an exponent."""

ROOT = Path(__file__).parents[2]
STARTS = 15

times: defaultdict[str, dict[int, float]] = defaultdict(dict)


@cache
def generated(services: int) -> Topology:
    return system(services=services, dependencies=PER_SERVICE * services)


@pytest.fixture(params=SIZES)
def topology(request: pytest.FixtureRequest) -> Topology:
    return generated(request.param)


@pytest.fixture
def timed(benchmark: Any, topology: Topology) -> Callable[..., Any]:
    def run(target: Callable[..., Any], *arguments: Any) -> Any:
        benchmark.group = target.__name__
        benchmark.extra_info |= {"services": len(topology.services), "dependencies": len(topology.dependencies)}
        result = benchmark.pedantic(target, args=arguments, **ROUNDS)
        if benchmark.stats is not None:  # absent with --benchmark-disable
            times[target.__name__][len(topology.services)] = benchmark.stats.stats.min
        return result

    return run


def test_load(timed: Callable[..., Any], topology: Topology, tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    save(topology, path)

    assert timed(load, path) == topology


def test_save(timed: Callable[..., Any], topology: Topology, tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"

    timed(save, topology, path)

    assert path.read_text(encoding="utf-8").endswith(dumps(topology))


def test_split(timed: Callable[..., Any], topology: Topology) -> None:
    assert len(timed(split, topology)) > len(topology.services) + len(topology.dependencies)


def test_join(timed: Callable[..., Any], topology: Topology) -> None:
    assert timed(join, split(topology)) == topology


def exponent(seconds: dict[int, float]) -> float:
    """By which power of the size the time grows, from the smallest size to the largest."""
    small, large = min(seconds), max(seconds)
    return math.log(seconds[large] / seconds[small]) / math.log(large / small)


@pytest.mark.parametrize("operation", ["load", "save", "split", "join"])
def test_growth_is_no_worse_than_n_log_n(operation: str, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = times[operation]
    if len(seconds) < len(SIZES):
        pytest.skip("needs the times of every size, from the tests above")

    with capsys.disabled():
        shown = ", ".join(f"{size}: {taken * 1000:.0f} ms" for size, taken in sorted(seconds.items()))
        print(f"\n{operation}: {shown}; growth exponent {exponent(seconds):.2f} (n log n: {N_LOG_N:.2f})")
    assert exponent(seconds) < N_LOG_N + NOISE


# ---------------------------------------------------------------- start-up

EMPTY = (sys.executable, "-c", "pass")
COMMANDS: dict[str, tuple[tuple[str, ...], float | None]] = {
    "--version": (("--version",), None),
    "--help": (("--help",), 15),
    "diff current target": (("diff", "current", "target"), 22),
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """As where novaplan is installed: compiled modules are kept, whatever the developer's own shell says."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(tmp_path)}


def seconds_of(command: tuple[str, ...], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def interleaved(commands: dict[str, tuple[str, ...]], environment: dict[str, str]) -> Iterator[tuple[str, float]]:
    """The times of all commands in turn, so that a busy moment slows each of them and not one."""
    for _ in range(STARTS):
        for name, command in commands.items():
            yield name, seconds_of(command, environment)


def starts(words: tuple[str, ...], environment: dict[str, str]) -> bool:
    """Whether the command exists; its modules are compiled from now on."""
    command = (sys.executable, "-m", "novaplan", *words)
    return subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True).returncode == 0


def test_start_up(benchmark: Any, capsys: pytest.CaptureFixture[str], environment: dict[str, str]) -> None:
    known = {name: words for name, (words, _) in COMMANDS.items() if starts(words, environment)}
    measured: defaultdict[str, list[float]] = defaultdict(list)
    commands = {"python -c pass": EMPTY} | {
        name: (sys.executable, "-m", "novaplan", *words) for name, words in known.items()
    }
    for name, taken in interleaved(commands, environment):
        measured[name].append(taken)
    benchmark.pedantic(seconds_of, args=(EMPTY, environment), rounds=5)

    median = {name: statistics.median(taken) for name, taken in measured.items()}
    ratio = {name: median[name] / median["python -c pass"] for name in median}
    benchmark.extra_info |= {"medians": median, "ratios": ratio, "missing": sorted(COMMANDS.keys() - known.keys())}
    with capsys.disabled():
        for name, taken in median.items():
            print(f"\n{name}: {taken * 1000:.0f} ms, {ratio[name]:.1f} times python -c pass", end="")
    over = {name: ratio[name] for name, (_, most) in COMMANDS.items() if name in known and most and ratio[name] > most}
    assert over == {}
