"""Files: whole or not at all, never over somebody's work; and names that lead to files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from novaplan.documents.files import MARKER, generated_header, known, resolve, write_text
from novaplan.errors import OutputError, UnknownNameError


def refused(path: Path | str, text: str = "new", *, force: bool = False) -> str:
    with pytest.raises(OutputError) as caught:
        write_text(path, text, force=force)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    return problem.message


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_as_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    write_text(path, "größe: 1\n\r\n")
    assert path.read_bytes() == "größe: 1\n\r\n".encode()
    assert names(tmp_path) == ["x.yaml"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o000, 0o644)])
def test_the_umask_counts(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "x", "a")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == mode


def test_what_novaplan_wrote_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    write_text(path, f"# {generated_header('from policy.yaml')}\na: 1\n")
    write_text(path, "plain")
    assert path.read_text() == "plain"
    assert generated_header("from policy.yaml") == (
        "Written by novaplan from policy.yaml; change the source and run it again, edits here are lost."
    )


@pytest.mark.parametrize("old", ["mine", "", "x" * 1000 + MARKER])
def test_what_somebody_else_wrote_is_kept_unless_forced(tmp_path: Path, old: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(old)
    assert refused(path) == "exists and was not written by novaplan; --force replaces it"
    assert path.read_text() == old
    write_text(path, "new", force=True)
    assert path.read_text() == "new"
    assert names(tmp_path) == ["x.yaml"]


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target", tmp_path / "link"
    link.symlink_to(target)
    write_text(link, f"{MARKER} 1")
    write_text(link, "2")
    assert link.is_symlink()
    assert target.read_text() == "2"
    assert "not written by novaplan" in refused(link)


@pytest.mark.parametrize("force", [False, True])
def test_places_that_cannot_be_written(tmp_path: Path, force: bool) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    expected = {
        tmp_path: "is a folder; name a file in it",
        tmp_path / "none" / "x": "the folder of this file does not exist; create it first",
        tmp_path / "file" / "x": "the folder of this file is no folder; name another",
        tmp_path / "loop": "is no name of a file; name another",
        tmp_path / "pipe": "is no ordinary file and cannot be replaced; name another",
        tmp_path / ("x" * 300): "cannot be written: File name too long",
    }
    for path, message in expected.items():
        assert refused(path, force=force) == message
    assert refused("a\0b", force=force) == "is no name of a file; name another"
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "cannot be written: No space left on device"),
        (errno.EROFS, "cannot be written: Read-only file system"),
        (errno.EACCES, "permission denied; choose a folder that you may write to"),
    ],
)
@pytest.mark.parametrize("step", ["os.open", "os.fsync", "pathlib.Path.replace"])
def test_a_failure_leaves_the_old_file_and_nothing_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "x.yaml"
    path.write_text(f"{MARKER} before")
    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        assert refused(path) == message
    assert path.read_text() == f"{MARKER} before"
    assert names(tmp_path) == ["x.yaml"]


def test_an_interruption_leaves_nothing_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "x", "new")
    assert names(tmp_path) == []


def test_half_a_surrogate_pair_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "x", "\ud800")
    assert names(tmp_path) == []


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source checkout of novaplan, and another folder to stand in."""
    root = tmp_path / "checkout"
    (root / "novaplan" / "documents").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    monkeypatch.setattr("novaplan.documents.files.__file__", str(root / "novaplan" / "documents" / "files.py"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return root


def make(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_path_is_itself(checkout: Path) -> None:
    for name in ("x.yaml", "sub/x", "bare", "./y.json"):
        make(Path(name))
        assert resolve(name, "topologies") == Path(name)
    assert resolve(str(Path("bare").absolute()), "models") == Path("bare").absolute()


def test_here_comes_before_the_wheel_and_the_wheel_before_the_checkout(checkout: Path) -> None:
    in_checkout = make(checkout / "topologies" / "current.yaml")
    assert resolve("current", "topologies") == in_checkout
    in_wheel = make(checkout / "novaplan" / "data" / "topologies" / "current.yaml")
    assert resolve("current", "topologies") == in_wheel
    here = make(Path("topologies/current.yaml"))
    assert resolve("current", "topologies") == here
    with pytest.raises(UnknownNameError):
        resolve("current", "models")


def test_the_folder_beside_an_installed_package_is_not_ours(checkout: Path) -> None:
    make(checkout / "models" / "prices.yaml")
    assert known("models") == ["prices"]
    (checkout / "pyproject.toml").unlink()
    assert known("models") == []


def test_known_names_are_sorted_and_given_once(checkout: Path) -> None:
    make(checkout / "topologies" / "target.yaml")
    make(checkout / "topologies" / "current.yaml")
    make(checkout / "topologies" / "notes.txt")
    make(Path("topologies/current.yaml"))
    make(Path("topologies/a.yaml"))
    assert known("topologies") == ["a", "current", "target"]
    assert known("models") == []


@pytest.mark.parametrize("name", ["none.yaml", "none.yml", "none.json", "some/none", "./none", "topologies/", ".."])
def test_a_path_that_is_not_there(checkout: Path, name: str) -> None:
    make(checkout / "topologies" / "current.yaml")
    Path("topologies").mkdir()
    with pytest.raises(UnknownNameError) as caught:
        resolve(name, "topologies")
    if name == "..":
        assert str(caught.value) == "there is no topology named '..'; known: current"
    else:
        assert str(caught.value) == f"{name}: there is no such file"


@pytest.mark.parametrize("name", ["", "x" * 5000, "curent", "Current", "a\0b"])
def test_an_unknown_name_lists_the_known_ones(checkout: Path, name: str) -> None:
    with pytest.raises(UnknownNameError, match=r"there are none in ./topologies"):
        resolve(name, "topologies")
    make(checkout / "topologies" / "target.yaml")
    make(checkout / "topologies" / "current.yaml")
    with pytest.raises(UnknownNameError, match="known: current, target") as caught:
        resolve(name, "topologies")
    assert ("did you mean 'current'?" in str(caught.value)) is (name in ("curent", "Current"))


def test_a_folder_of_that_name_does_not_hide_the_topology(checkout: Path) -> None:
    Path("current").mkdir()
    file = make(checkout / "topologies" / "current.yaml")
    assert resolve("current", "topologies") == file
