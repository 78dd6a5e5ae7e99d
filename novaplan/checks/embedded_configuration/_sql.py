"""Scripts that set up a PostgreSQL at its first start, as statements with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from novaplan.checks.programs import Server, servers
from novaplan.importers.draft import Draft, MountedFile, Where

FOLDER = "/docker-entrypoint-initdb.d"
NAME = r'("(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_STRING = re.compile(r"'(?:[^']|'')*'")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_CONNECT = re.compile(rf"\\(?:c|connect)\s+{NAME}")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, without comments and strings, in the database that it runs in."""

    text: str
    where: Where
    database: str


@dataclass(frozen=True, slots=True)
class Setup:
    """What a server runs once, on an empty data folder."""

    server: Server
    statements: tuple[Statement, ...]
    user: str
    """Who runs it: the superuser."""
    database: str
    """The one that the image makes."""
    whole: bool
    """Nothing else, such as a shell script, does a part of it."""


def setups(draft: Draft) -> Iterator[Setup]:
    """The servers of the official image that mount scripts."""
    for server in servers(draft, "postgres"):
        files = sorted(
            (item for item in server.container.files if item.path.startswith(FOLDER)), key=lambda it: it.path
        )
        scripts = [item for item in files if item.path.endswith(".sql")]
        if scripts:
            stated = {item.name: item.text for item in server.container.settings}
            user = stated.get("POSTGRES_USER", "postgres")
            database = stated.get("POSTGRES_DB", user)
            whole = len(scripts) == len(files) and user is not None and database is not None
            found = tuple(one for item in scripts for one in _statements(item, database or ""))
            yield Setup(server, found, user or "", database or "", whole)


def _statements(file: MountedFile, database: str) -> Iterator[Statement]:
    text = _COMMENT.sub(_blank, _STRING.sub(_blank, file.text))
    start = 0
    for match in re.finditer(r";|\\[a-z]+[^\n]*", text):
        piece = text[start : match.start()]
        connect = _CONNECT.match(match[0])
        # A meta-command stands for itself; what is before it ended at its line.
        shown, begin = (match[0], match.start()) if match[0] != ";" else (piece, start)
        if shown.strip():
            line = text.count("\n", 0, begin + len(shown) - len(shown.lstrip()))
            where = Where(file.where.file, (file.where.line or 1) + line, file.where.field)
            yield Statement(" ".join(shown.split()), where, database)
        if connect:
            database = plain(connect[1])
        start = match.end()


def _blank(match: re.Match[str]) -> str:
    """Spaces in the place of what says nothing here, so that lines stay where they are."""
    return re.sub(r"[^\n]", " ", match[0])


def plain(name: str) -> str:
    """A name as the server keeps it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
