"""Drills start real servers from rendered configuration, break them, and time how long clients wait.

They are left out of the ordinary suite; ``scripts/drills`` runs them. A drill whose servers are not installed is
skipped, or fails where ``NOVAPLAN_DRILLS=required``. Marked ``nightly``: the ones that take long.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills.report import Report

_REPORT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--drill-report", metavar="PATH", help="write what drills measured to PATH and PATH's .json")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nightly: a drill that takes long; scripts/drills --nightly runs it")
    path = config.getoption("--drill-report")
    config.stash[_REPORT] = Report(Path(path).resolve() if path else None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = config.stash[_REPORT]
    if report.measurements:
        terminalreporter.section("drills")
        terminalreporter.write(report.markdown())


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    """Where a drill records what it measured."""
    return request.config.stash[_REPORT]
