"""The notebooks run, and what they show is committed: small, and up to date. ``scripts/golden`` writes it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import golden_files

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

NOTEBOOKS = sorted((golden_files.ROOT / "docs" / "notebooks").glob("*.ipynb"))
MOST_BYTES = 200_000
MOST_IMAGE = 80_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_notebook_runs_and_shows_what_is_committed(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # no profile of whoever runs this
    committed = nbformat.read(path, as_version=4)
    run = nbformat.read(path, as_version=4)
    # An empty folder: what is found by name must come with the package.
    nbclient.NotebookClient(run, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    _tidy(run)
    if golden_files.REGENERATE:
        nbformat.write(run, path)
        committed = run
    for cell, again in zip(_code(committed), _code(run), strict=True):
        assert _shown(cell) == _shown(again), f"{path.name} is out of date: run scripts/golden\n{cell['source']}"
    assert path.stat().st_size < MOST_BYTES


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["capacity-planning"]


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _tidy(notebook: Any) -> None:
    """Outputs without what changes from run to run, what is said twice, and big images."""
    notebook.metadata.pop("language_info", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in _code(notebook):
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            data = output.get("data", {})
            if len(data) > 1:
                data.pop("text/plain", None)
            if len(data.get("image/png", "")) > MOST_IMAGE:
                data.pop("image/png")
                data["text/plain"] = "(a picture; run the notebook to see it)"


def _shown(cell: Any) -> list[Any]:
    """What a cell shows, less what another version of pandas or matplotlib shows otherwise."""
    return [_content(output) for output in cell.outputs]


def _content(output: Any) -> Any:
    if "text" in output:
        return output["text"]
    data = output.get("data", {})
    foreign = "image/png" in data or "dataframe" in data.get("text/html", "") or "dtype" in data.get("text/plain", "")
    return sorted(data) if foreign else dict(data)
