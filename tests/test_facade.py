"""The public API: what a notebook reaches with ``import novaplan`` alone."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import novaplan
from tests.cli.command import POLICY, SHOP

NAMES = [name for name in novaplan.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_imports_and_is_documented(name: str) -> None:
    found = getattr(novaplan, name)
    assert found.__name__ == name
    assert inspect.getdoc(found)
    assert found.__module__.startswith("novaplan.")


def test_what_a_type_checker_sees_is_what_is_there() -> None:
    tree = ast.parse(Path(novaplan.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == novaplan._HOME
    assert sorted(seen) == sorted(NAMES)
    assert list(novaplan.__all__) == sorted(novaplan.__all__)


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import novaplan, novaplan.cli; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    slow = {"typing", "re", "dataclasses", "inspect", "enum", "pathlib"}
    assert not slow & found
    assert {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names} == {
        "novaplan",
        "novaplan.cli",
        "novaplan.cli.output",
    }


def test_a_library_leaves_its_process_alone(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP)
    code = (
        "import gc, os, novaplan; before = gc.get_threshold(); novaplan.load('shop.yaml'); "
        "assert gc.get_threshold() == before and gc.isenabled(); assert 'PYDANTIC_DISABLE_PLUGINS' not in os.environ"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_the_whole_way(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    current = novaplan.loads(SHOP)
    target = novaplan.consolidate(current, novaplan.load_policy(tmp_path / "policy.yaml"))
    novaplan.save(target, tmp_path / "target.yaml")
    assert novaplan.load(tmp_path / "target.yaml") == target
    assert novaplan.loads(novaplan.dumps(target)) == target
    changes = novaplan.diff(current, target)
    assert isinstance(changes, novaplan.Diff)
    assert changes.apply(current) == target
    assert set(novaplan.graph(target)) == {"store", "db"}
    assert novaplan.json_schema()["title"] == "Topology"
    with pytest.raises(novaplan.NovaplanError):
        novaplan.loads("name: [")


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'novaplan' has no attribute 'nonsense'"):
        novaplan.nonsense  # noqa: B018
    assert set(novaplan.__all__) <= set(dir(novaplan))
