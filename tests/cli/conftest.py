"""A folder with a small system, and the command in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import POLICY, SHOP, Result, Run, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small system, its policy, and nothing else."""
    (tmp_path / "topologies").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "topologies" / "shop.yaml").write_text(SHOP)
    (tmp_path / "models" / "shop-policy.yaml").write_text(POLICY)
    return tmp_path


@pytest.fixture
def novaplan(folder: Path) -> Run:
    """``novaplan`` in ``folder``: takes the words of the command line, and ``stdin``, ``env``, ``cwd``, ``command``."""

    def run_here(*words: str | Path, **options: object) -> Result:
        return run(*words, **{"cwd": folder, **options})  # type: ignore[arg-type]

    return run_here


@pytest.fixture(scope="session")
def consolidated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of what the policy makes of the small system."""
    place = tmp_path_factory.mktemp("consolidated")
    (place / "shop.yaml").write_text(SHOP)
    (place / "policy.yaml").write_text(POLICY)
    done = run("consolidate", "shop.yaml", "--policy", "policy.yaml", cwd=place)
    assert (done.err, done.status) == ("", 0)
    return done.out
