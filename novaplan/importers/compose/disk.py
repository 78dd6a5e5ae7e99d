"""Questions to the file system, with an answer for every name that a compose file may come up with."""

from __future__ import annotations

import os
from pathlib import Path


def exists(path: str | Path) -> bool:
    """Whether there is something at ``path``; no name that the system refuses leads anywhere."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def is_file(path: str | Path) -> bool:
    """Whether ``path`` is an ordinary file."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def is_special(path: str | Path) -> bool:
    """Whether ``path`` is a pipe or a device: reading one may never end."""
    return exists(path) and not is_file(path) and not os.path.isdir(path)  # noqa: PTH112 - it never raises


def real(path: str | Path) -> str:
    """One name for each file, however it was written."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return os.fspath(path)


def joined(folder: Path, path: str) -> str:
    """``path`` as seen from ``folder``, in its shortest form."""
    return os.path.normpath(folder / path)
