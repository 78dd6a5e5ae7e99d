"""A tree of files to be written: whole or not at all, and only over what novaplan wrote."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class File:
    """One file of a tree."""

    text: str
    executable: bool = False


@dataclass(frozen=True)
class Tree:
    """Files by their path below the folder they go to, with ``/`` on every system."""

    files: dict[str, File] = field(default_factory=dict)
