"""``novaplan schema``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from novaplan.cli import output
from novaplan.cli.usage import command, new_application

app = new_application()


@command(
    app,
    "novaplan schema >topology.schema.json",
    "novaplan schema policy >policy.schema.json",
)
def schema(
    kind: Annotated[
        Literal["topology", "policy"],
        typer.Argument(metavar="[KIND]", help="The kind of file: topology, or policy for that of a consolidation."),
    ] = "topology",
    form: Annotated[Literal["json", "yaml"], typer.Option("--format", help="How to print it.")] = "json",
) -> None:
    """Print the JSON Schema of a file, for editors.

    An editor with a YAML language server then completes and checks the file as you type; put this in its first line:

    # yaml-language-server: $schema=topology.schema.json
    """
    from novaplan.topology.schema import json_schema

    if kind == "policy":
        from novaplan.consolidation import Policy

        described = json_schema(Policy)
    else:
        described = json_schema()
    if form == "yaml":
        from novaplan.documents import writer

        output.write(writer.dump(described))
    else:
        output.write_json(described)
