"""The command line of a container as settings: each flag with its value, and what stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from novaplan.importers.draft import Setting, Where

_FLAG = re.compile(r"(--?[A-Za-z][A-Za-z0-9_.\-]*)(?:=(.*))?", re.DOTALL)
_ASSIGNMENT = re.compile(r"(?:-D)?([A-Za-z_][A-Za-z0-9_.\-]*)=(.*)", re.DOTALL)


def settings(
    arguments: Sequence[str], where: Sequence[Where], written: Sequence[str] | None = None
) -> tuple[Setting, ...]:
    """One setting for each flag and each argument that stands alone. ``where`` has one place for each argument;
    ``written`` holds the arguments before variables in them were expanded, where that was done.
    """
    found: list[Setting] = []
    position = 0
    while position < len(arguments):
        text, place = arguments[position], where[position]
        before = written[position] if written is not None else None
        flag = _FLAG.fullmatch(text) if text.startswith("-") else None
        position += 1
        if (
            flag is not None
            and flag[2] is None
            and position < len(arguments)
            and not arguments[position].startswith("-")
        ):
            before = written[position] if written is not None else None
            found.append(_setting(flag[1], arguments[position], where[position], before))
            position += 1
        elif flag is not None and not text.startswith("-D"):
            found.append(_setting(flag[1], flag[2], place, before))
        elif assignment := _ASSIGNMENT.fullmatch(text):
            found.append(_setting(assignment[1], assignment[2], place, before))
        else:
            found.append(_setting("", text, place, before))
    return tuple(found)


def _setting(name: str, text: str | None, where: Where, before: str | None) -> Setting:
    return Setting(name, text, where, "argument", before if before != text else None)
