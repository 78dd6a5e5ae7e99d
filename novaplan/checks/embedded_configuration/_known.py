"""The directives that programs know, one a line in the files beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def known(program: str) -> frozenset[str]:
    """The names in the table called ``program``."""
    text = files(__package__).joinpath("directives", f"{program}.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
