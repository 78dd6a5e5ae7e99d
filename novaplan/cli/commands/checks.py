"""``novaplan checks``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from novaplan.cli import output, terminal
from novaplan.cli.usage import command, new_application

app = new_application()


@command(
    app,
    "novaplan checks",
    "novaplan checks sentinel-quorum",
    "novaplan checks references --format json",
)
def checks(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", show_default=False, help="Checks or families; all without any."),
    ] = None,
    form: Annotated[
        Literal["table", "json", "markdown"],
        typer.Option("--format", help="table: for people; json: for programs; markdown: for pull requests."),
    ] = "table",
) -> None:
    """List the checks, or show the documentation of some.

    Every check has a page with an example that fails it and one that passes it in docs/checks.
    """
    from novaplan.checks import words
    from novaplan.checks.catalogue import all_checks, named

    wanted = named(names or ())
    found = [check for check in all_checks() if not names or check.name in wanted]
    if form == "json":
        output.write_json(words.checks_document(found))
    elif form == "markdown":
        output.write(words.checks_table(found).markdown() + "\n")
    elif names and {check.name for check in found} <= set(names):
        terminal.write_text("\n\n\n".join(words.page(check, terminal.width()) for check in found))
    else:
        terminal.write_text(words.checks_table(found).text(terminal.width()))
