"""Fills in the scripts and configuration files beside this module, with everything quoted for the language it is in."""

from __future__ import annotations

import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def filled(name: str, **values: Any) -> str:
    """The template ``name`` with ``values``; a value that is missing is a mistake, not an empty text."""
    return _environment().get_template(name).render(**values)


def identifier(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: list[str]) -> str:
    """Names in SQL, with commas between."""
    return ", ".join(map(identifier, names))


def literal(text: str) -> str:
    """A text in SQL: a backslash is only a backslash where standard_conforming_strings is on, as it is by default."""
    return "'" + text.replace("'", "''") + "'"


def conninfo(database: str) -> str:
    """A database as psql's ``\\connect`` takes any name: a connection string, in double quotes that psql takes away,
    in single quotes."""
    escape = str.maketrans({"\\": "\\\\", "'": "\\'"})
    inner = f"dbname='{database.translate(escape)}'".replace('"', '""')
    return "'" + f'"{inner}"'.translate(escape) + "'"


@cache
def _environment() -> Environment:
    # Importing Jinja2 takes longer than starting without it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Nothing here is HTML: the filters below quote for SQL, shell and configuration files.
    made = Environment(
        loader=PackageLoader(__name__.rpartition(".")[0]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = (identifier, identifiers, literal, conninfo)
    made.filters.update({item.__name__: item for item in filters})
    made.filters["sh"] = shlex.quote
    return made
