"""A tree of files to be written: whole or not at all, and only over what novaplan wrote."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from novaplan.documents import files
from novaplan.errors import OutputError
from novaplan.render.credentials import SecretNeed

_SAFE = re.compile(r"(?!\.{1,2}$)[-A-Za-z0-9._]+")
_EXECUTABLE: Final = 0o755
_MARKER_WITHIN: Final = 1000


@dataclass(frozen=True, slots=True)
class File:
    """One file of a tree."""

    text: str
    executable: bool = False


@dataclass(frozen=True)
class Tree:
    """Files by their path below the folder they go to, with ``/`` on every system."""

    files: dict[str, File] = field(default_factory=dict)
    needs: tuple[SecretNeed, ...] = ()
    """The Secrets that must be in the cluster."""
    risks: tuple[str, ...] = ()
    """What of it will run badly, or not at all, unless somebody says more: one line each."""
    failed: int = 0
    """How many checks of its validation report do not hold."""
    made_by: str = "render"
    """The command that writes it; what another one wrote is somebody else's."""

    @property
    def _marker(self) -> str:
        return f"{files.MARKER} {self.made_by}"

    def write(self, folder: str | os.PathLike[str], *, force: bool = False) -> tuple[str, ...]:
        """Write every file below ``folder``, each whole or not at all, and return the paths of those that an earlier
        rendering left there and that were removed.

        The folder is made when it is missing. Everything is checked before the first file is written. Raises
        OutputError when the folder holds a file that novaplan did not write, unless ``force``: then such a file is
        replaced where one of the tree has its path, and otherwise left alone; and when a path leads out of the folder.
        """
        stale = self.check(folder, force=force)
        top = Path(folder)
        for path, file in self.files.items():
            target = top / path
            with files.as_output_error(str(target)):
                target.parent.mkdir(parents=True, exist_ok=True)
            files.write_text(target, file.text, force=force)
            if file.executable:
                target.chmod(_EXECUTABLE)
        for path in stale:
            _remove(top, path)
        return stale

    def check(self, folder: str | os.PathLike[str], *, force: bool = False) -> tuple[str, ...]:
        """The paths below ``folder`` that an earlier rendering left there and this one does not write. Raises as
        ``write`` does; nothing is written, but a folder that is missing is made."""
        top = Path(folder)
        _check_paths(self.files)
        _check_folder(top)
        present = list(_present(top))
        _check_links(top, self.files)
        foreign = {path for path in present if not _is_marked(top / path, self._marker)}
        if foreign and not force:
            rest = "choose an empty folder, or --force, which keeps other files"
            message = f"was not written by novaplan {self.made_by}; {rest}"
            raise OutputError(message, file=str(top / min(foreign)))
        return tuple(path for path in present if path not in self.files and path not in foreign)


def _remove(top: Path, path: str) -> None:
    """Remove a file, and the folders below ``top`` that it leaves empty."""
    with files.as_output_error(str(top / path)):
        (top / path).unlink()
    for place in PurePosixPath(path).parents[:-1]:
        if any((top / place).iterdir()):
            return
        (top / place).rmdir()


def _check_paths(paths: dict[str, File]) -> None:
    for path in paths:
        parts = PurePosixPath(path).parts
        if not parts or not all(_SAFE.fullmatch(part) for part in parts) or "/".join(parts) != path:
            raise OutputError("would be written outside the folder; rename what it is called after", file=path)


def _check_folder(top: Path) -> None:
    with files.as_output_error(str(top)):
        try:
            mode = top.stat().st_mode
        except FileNotFoundError:
            top.mkdir(parents=True, exist_ok=True)
            return
    if not stat.S_ISDIR(mode):
        raise OutputError("is a file; name a folder", file=str(top))


def _check_links(top: Path, paths: dict[str, File]) -> None:
    """A link in the folder may lead to somebody else's."""
    root = top.resolve()
    for path in paths:
        target = (top / path).resolve()
        if not target.is_relative_to(root):
            raise OutputError("a link leads it out of the folder; remove the link", file=str(top / path))
        if target.is_dir():
            raise OutputError("is a folder where a file should be; move it away", file=str(top / path))


def _present(top: Path) -> Iterator[str]:
    """The files that are there, by their paths; links are not followed."""
    with files.as_output_error(str(top)):
        for place, folders, names in os.walk(top, onerror=_raise):
            folders.sort()
            for name in sorted(names):
                yield (Path(place) / name).relative_to(top).as_posix()


def _raise(error: OSError) -> None:
    raise error


def _is_marked(path: Path, marker: str) -> bool:
    with files.as_output_error(str(path)):
        if path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as stream:
            return marker.encode() in stream.read(_MARKER_WITHIN)
