"""A folder with manifests, which the tests write inline, and the import of it."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from novaplan.importers.kubernetes import import_kubernetes
from novaplan.importers.report import Report
from novaplan.topology.system import Topology

Files = dict[str, str]
Write = Callable[[Files], None]
Import = Callable[..., tuple[Topology, Report]]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes files into an empty folder, which becomes the current one, so that names in results are short."""
    monkeypatch.chdir(tmp_path)

    def into_folder(files: Files) -> None:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    return into_folder


@pytest.fixture
def load(write: Write) -> Import:
    """Imports manifests: texts of one file, or files by name and the path to import."""

    def imported(*texts: str, files: Files | None = None, path: str | None = None) -> tuple[Topology, Report]:
        write({"a.yaml": "---\n".join(dedent(text) for text in texts)} if files is None else files)
        return import_kubernetes([path or ("a.yaml" if files is None else ".")], name="system")

    return imported
