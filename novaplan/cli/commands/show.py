"""``novaplan show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from novaplan.cli import output, terminal
from novaplan.cli.usage import TopologyArgument, command, new_application

if TYPE_CHECKING:
    from novaplan.topology.system import Topology

FORMAT = "novaplan/show/v1"

app = new_application()


@command(
    app,
    "novaplan show current",
    "novaplan show current --format json | jq .summary",
    "novaplan consolidate current --policy nova-consolidation | novaplan show -",
)
def show(
    topology: TopologyArgument,
    form: Annotated[
        Literal["table", "json", "yaml", "node-link"],
        typer.Option(
            "--format",
            help="table: for people; json: every field, quantities as integers; yaml: as a topology file; "
            "node-link: the graph as networkx writes it.",
        ),
    ] = "table",
) -> None:
    """Show what is in a topology."""
    from novaplan.topology import storage

    found = storage.load(topology)
    if form == "table":
        terminal.write_text(_tables(found))
    elif form == "json":
        output.write_json(document(found))
    elif form == "yaml":
        output.write(storage.dumps(found))
    else:
        from novaplan.topology.graph import node_link

        output.write_json(node_link(found))


def document(topology: Topology) -> dict[str, Any]:
    """The JSON of ``show``, version 1.

    ``format``, ``name``, ``description``, ``digest``; ``summary``, the number of each kind of component; then every
    component with every field of the model, defaults included. What is not set is ``null``.

    Quantities are integers in fields that name the unit, as in ``storage_bytes`` and ``timeout_milliseconds``; those
    of resources are ``cpu_request_millicores``, ``cpu_limit_millicores``, ``memory_request_bytes`` and
    ``memory_limit_bytes``.
    """
    from novaplan.cli.exact import exact

    body = exact(topology)
    counts = {name: len(items) for name, items in body.items() if isinstance(items, list)}
    head = {"format": FORMAT, "name": body.pop("name"), "description": body.pop("description")}
    del body["format"]
    return {**head, "digest": topology.digest, "summary": counts, **body}


def _tables(topology: Topology) -> str:
    from novaplan.topology.tables import overview, summary

    width = terminal.width()
    return "\n\n".join([terminal.folded(summary(topology)), *(table.text(width) for table in overview(topology))])
