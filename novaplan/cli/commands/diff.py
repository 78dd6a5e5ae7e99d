"""``novaplan diff``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from novaplan.cli import output, terminal
from novaplan.cli.usage import FAILED, FINE, command, new_application

DIFFERENT = 2

app = new_application()


@command(
    app,
    "novaplan diff current target",
    "novaplan diff current target --format markdown >>$GITHUB_STEP_SUMMARY",
    "novaplan diff target new.yaml --detailed-exitcode || echo not the same",
    statuses=(FINE, FAILED, "2  wrong usage; with --detailed-exitcode also: there are differences"),
)
def diff(
    current: Annotated[
        str,
        typer.Argument(metavar="CURRENT", show_default=False, help="The topology as it is: a file, a name, or -."),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", show_default=False, help="The topology as it should be: a file, a name, or -."
        ),
    ],
    form: Annotated[
        Literal["table", "json", "markdown"],
        typer.Option("--format", help="table: for people; json: for programs; markdown: for pull requests."),
    ] = "table",
    detailed_exitcode: Annotated[
        bool,
        typer.Option(
            "--detailed-exitcode", help="Leave with status 2 when there are differences, 0 when there are none."
        ),
    ] = False,
) -> None:
    """Show what changes from one topology to another.

    Where TARGET was made by consolidate, nothing is guessed: services that became one are a merge, and every port,
    secret, schema and topic is followed to where it went.
    """
    if current == target == output.STANDARD_STREAM:
        raise typer.BadParameter("only one of CURRENT and TARGET can be standard input", param_hint="TARGET")

    from novaplan.changes import compare
    from novaplan.topology import storage

    found = compare.diff(storage.load(current), storage.load(target))
    if found.lineage == "stale":
        output.warn(
            f"{target} was made from another version of {current}, so merges and moves may be shown as deletions and "
            "creations; consolidate again"
        )
    if form == "table":
        terminal.write_text(found.text(terminal.width()))
    elif form == "json":
        output.write_json(found.to_dict())
    else:
        output.write(found.markdown().rstrip("\n") + "\n")
    if detailed_exitcode and found:
        raise typer.Exit(DIFFERENT)
