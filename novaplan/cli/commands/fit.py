"""``novaplan fit``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from novaplan.cli import output, terminal
from novaplan.cli.usage import FINE, MISUSED, TopologyArgument, command, new_application

app = new_application()


@command(
    app,
    "novaplan fit target",
    "novaplan fit target --count maximum --smallest medium",
    "novaplan fit current target --cheapest",
    "kubectl get nodes -o json | novaplan fit target --nodes -",
    statuses=(FINE, "1  wrong input, or pods that do not fit: one line for each reason", MISUSED),
)
def fit(
    topology: TopologyArgument,
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="OTHER", show_default=False, help="Runs as well, as at the peak of a migration; shared parts once."
        ),
    ] = None,
    nodes: Annotated[
        str,
        typer.Option(
            "--nodes",
            metavar="NAME",
            help="The nodes: a file, a name in models/, or -; also what kubectl get nodes -o json writes.",
        ),
    ] = "nodes",
    count: Annotated[
        Literal["minimum", "current", "maximum"],
        typer.Option(
            "--count", help="Pods of autoscaled services: the lower bound, the stated number, the upper bound."
        ),
    ] = "current",
    smallest: Annotated[
        str | None,
        typer.Option("--smallest", metavar="KIND", help="As few nodes of this kind as will do, not the pool."),
    ] = None,
    cheapest: Annotated[
        bool,
        typer.Option("--cheapest", help="The cheapest mix of kinds that will do, not the pool."),
    ] = False,
    without_optional: Annotated[
        bool,
        typer.Option("--without-optional", help="Leave out what the system is complete without."),
    ] = False,
    surge: Annotated[
        bool,
        typer.Option(
            "--surge", help="Every service is being rolled out: count the pods that start before others stop."
        ),
    ] = False,
    solver_limit: Annotated[
        float,
        typer.Option(
            "--solver-limit", metavar="SECONDS", min=0, help="The most that the solver may take for one question."
        ),
    ] = 10,
    form: Annotated[
        Literal["table", "json"],
        typer.Option("--format", help="table: for people; json: for programs."),
    ] = "table",
) -> None:
    """Show where pods go, and what a loss leaves.

    Requests, pod and volume limits, required anti-affinity and taints always hold; pods are spread over nodes and zones
    as far as that allows. With novaplan[solve] installed, hard cases are settled exactly.
    """
    if smallest is not None and cheapest:
        raise typer.BadParameter("excludes --smallest", param_hint="--cheapest")
    if [topology, other, nodes].count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("only one of TOPOLOGY, OTHER and --nodes can be standard input", param_hint="--nodes")

    from novaplan.capacity.nodes import load_nodes
    from novaplan.capacity.placement.fit import fit as place
    from novaplan.capacity.placement.settle import Effort
    from novaplan.topology import storage

    found = place(
        storage.load(topology),
        load_nodes(nodes),
        other=None if other is None else storage.load(other),
        count=count,
        optional=not without_optional,
        surge=surge,
        smallest=smallest,
        cheapest=cheapest,
        effort=Effort(solver_limit=solver_limit),
    )
    if form == "table":
        terminal.write_text(found.text(terminal.width()))
    else:
        output.write_json(found.to_dict())
