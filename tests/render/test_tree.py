"""A tree of files is written whole, below its folder, and over nothing that is somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from novaplan.documents.files import generated_header
from novaplan.errors import OutputError
from novaplan.render.tree import File, Tree

OURS = f"# {generated_header('render')}\n"


def tree(*paths: str, text: str = OURS) -> Tree:
    return Tree({path: File(text) for path in paths})


def present(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def refused(made: Tree, folder: Path, *, force: bool = False) -> str:
    """What is said when ``made`` is written to ``folder``, where nothing is changed."""
    before = present(folder) if folder.is_dir() else None
    with pytest.raises(OutputError) as caught:
        made.write(folder, force=force)
    assert (present(folder) if folder.is_dir() else None) == before
    (problem,) = caught.value.problems
    return str(problem)


def test_files_and_folders_are_made(tmp_path: Path) -> None:
    made = Tree({"a.yaml": File(OURS), "deep/er/b.sh": File(OURS, executable=True)})
    assert made.write(tmp_path / "new" / "folder") == ()
    assert present(tmp_path / "new" / "folder") == {"a.yaml": OURS, "deep/er/b.sh": OURS}
    assert (tmp_path / "new/folder/deep/er/b.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "new/folder/a.yaml").stat().st_mode & 0o111 == 0


def test_what_an_earlier_rendering_left_is_removed(tmp_path: Path) -> None:
    tree("old/a.yaml", "old/b/c.yaml", "kept.yaml").write(tmp_path)
    assert tree("kept.yaml", text=OURS + "new: 1\n").write(tmp_path) == ("old/a.yaml", "old/b/c.yaml")
    assert present(tmp_path) == {"kept.yaml": OURS + "new: 1\n"}
    assert [item.name for item in tmp_path.iterdir()] == ["kept.yaml"], "nor are its folders left"


@pytest.mark.parametrize("text", ["mine: yes\n", f"# {generated_header('consolidate')}\nname: target\n", ""])
def test_a_folder_with_somebody_elses_files(tmp_path: Path, text: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine.yaml").write_text(text)
    said = refused(tree("a.yaml"), tmp_path)
    assert said.startswith(f"{tmp_path}/sub/mine.yaml: was not written by novaplan render; choose an empty folder")
    assert tree("a.yaml").write(tmp_path, force=True) == ()
    assert present(tmp_path) == {"sub/mine.yaml": text, "a.yaml": OURS}


def test_force_replaces_what_has_the_same_path(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("mine: yes\n")
    assert "a.yaml: was not written" in refused(tree("a.yaml"), tmp_path)
    tree("a.yaml").write(tmp_path, force=True)
    assert present(tmp_path) == {"a.yaml": OURS}


@pytest.mark.parametrize("path", ["../a", "/etc/a", "a/../../b", "a//b", "./a", "", "a b", "a\nb", "..", "a\\..\\b"])
@pytest.mark.parametrize("force", [False, True])
def test_a_path_that_leaves_the_folder(tmp_path: Path, path: str, force: bool) -> None:
    assert "would be written outside the folder" in refused(tree("b.yaml", path), tmp_path, force=force)


@pytest.mark.parametrize("force", [False, True])
def test_a_link_that_leads_out(tmp_path: Path, force: bool) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (folder / "sub").symlink_to(outside)
    said = refused(tree("sub/a.yaml"), folder, force=force)
    assert said == f"{folder}/sub/a.yaml: a link leads it out of the folder; remove the link"
    (folder / "sub").unlink()
    (outside / "a.yaml").write_text(OURS)
    (folder / "a.yaml").symlink_to(outside / "a.yaml")
    assert "a link leads it out" in refused(tree("a.yaml"), folder, force=force)


def test_a_link_is_never_removed_for_an_old_file(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.yaml", tmp_path / "folder"
    outside.write_text(OURS)
    folder.mkdir()
    (folder / "link.yaml").symlink_to(outside)
    assert "link.yaml: was not written" in refused(tree("a.yaml"), folder)
    tree("a.yaml").write(folder, force=True)
    assert outside.read_text() == OURS
    assert (folder / "link.yaml").is_symlink()


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert refused(tree("a"), file) == f"{file}: is a file; name a folder"
    assert refused(tree("a"), file / "below").startswith(f"{file}/below: the folder of this file is no folder")
    (tmp_path / "folder" / "a").mkdir(parents=True)
    assert refused(tree("a"), tmp_path / "folder").endswith("a: is a folder where a file should be; move it away")
    said = refused(tree("a"), Path("/proc/novaplan"))  # not even root may write there
    assert said.startswith("/proc/novaplan: ")
