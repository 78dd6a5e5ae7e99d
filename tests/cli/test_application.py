"""How commands are found, and how little is imported before one is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from novaplan.cli import commands
from novaplan.cli.application import command
from novaplan.cli.exact import exact
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import Termination
from tests.cli.command import SHOP

FILES = sorted(file.stem for file in Path(commands.__path__[0]).glob("[a-z]*.py"))


def test_every_file_is_a_command_of_that_name() -> None:
    group = command()
    assert list(group.commands) == sorted(name.rstrip("_") for name in FILES)
    for name in group.commands:
        found = group.get_command(None, name)
        assert found.name == name
        assert found.help
        assert found.epilog


def imported(*words: str, cwd: Path) -> set[str]:
    """The modules that a run of the command imports."""
    code = (
        "import sys; from novaplan.cli import run; run(sys.argv[1:]); "
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "without", "needed"),
    [
        (("--version",), {"typer", "typing", "dataclasses", "pydantic", "yaml"}, {"novaplan"}),
        (("--help",), {"pydantic", "yaml", "networkx", "rich", "tabulate", "jinja2"}, {"typer"}),
        (("show", "shop.yaml"), {"networkx", "rich", "jinja2", "graphviz", "pandas"}, {"novaplan.topology.tables"}),
        (("show", "shop.yaml", "--format", "json"), {"networkx", "rich", "tabulate"}, {"novaplan.cli.exact"}),
        (("diff", "shop.yaml", "shop.yaml"), {"networkx", "rich", "jinja2", "novaplan.consolidation"}, {"typer"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_only_what_is_needed_is_imported(
    tmp_path: Path, words: tuple[str, ...], without: set[str], needed: set[str]
) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP)
    modules = imported(*words, cwd=tmp_path)
    assert needed <= modules
    assert not without & modules
    others = set(FILES) - set(words)
    assert words == ("--help",) or not {f"{commands.__name__}.{name}" for name in others} & modules


def test_exact_names_the_unit_of_every_quantity() -> None:
    assert exact(Termination()) == {
        "grace_milliseconds": 30_000,
        "pre_stop_milliseconds": 0,
        "drain_milliseconds": None,
    }
    store = exact(Datastore(name="db", kind="mysql", storage="1Gi", memory={"max": "1k"}))  # type: ignore[arg-type]
    assert (store["storage_bytes"], store["memory"]["max_bytes"]) == (2**30, 1000)
    assert "storage" not in store
    assert store["deployment"]["type"] == "standalone"
