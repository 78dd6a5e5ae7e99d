"""``novaplan totals``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from novaplan.cli import output, terminal
from novaplan.cli.usage import command, new_application

if TYPE_CHECKING:
    from novaplan.capacity.claims.judgement import Judgement
    from novaplan.topology.system import Topology

app = new_application()


@command(
    app,
    "novaplan totals target",
    "novaplan totals current target --count maximum",
    "novaplan totals target --claims nova-claims",
    "novaplan totals target --format json | jq '.topologies[0].total'",
)
def totals(
    topologies: Annotated[
        list[str],
        typer.Argument(
            metavar="TOPOLOGY...", show_default=False, help="Files, names such as current, or - (standard input)."
        ),
    ],
    count: Annotated[
        Literal["minimum", "current", "maximum", "all"],
        typer.Option(
            "--count",
            help="Pods of autoscaled services: the lower bound, the stated number, the upper bound; all: from the "
            "lower to the upper bound.",
        ),
    ] = "current",
    without_optional: Annotated[
        bool,
        typer.Option("--without-optional", help="Leave out what the system is complete without."),
    ] = False,
    claims: Annotated[
        str | None,
        typer.Option(
            "--claims",
            metavar="NAME",
            show_default=False,
            help="Hold stated figures against the computed ones: a file, a name in models/, or -.",
        ),
    ] = None,
    form: Annotated[
        Literal["table", "json", "markdown"],
        typer.Option("--format", help="table: for people; json: for programs; markdown: for pull requests."),
    ] = "table",
) -> None:
    """Show what a system takes, down to connections.

    Pods count as the Kubernetes scheduler counts them, sidecars and init containers included. A + says that some
    container states no figure, so that it is more; a ? that none does.
    """
    if [*topologies, claims].count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("standard input can be read once only", param_hint="TOPOLOGY")

    from novaplan.capacity import overview
    from novaplan.topology import storage

    loaded = [storage.load(name) for name in topologies]
    judged = _judged(loaded, claims)
    found = [
        overview.Overview(topology, count, not without_optional, judged=held)
        for topology, held in zip(loaded, judged, strict=True)
    ]
    if form == "table":
        terminal.write_text(overview.text(found, terminal.width()))
    elif form == "json":
        output.write_json(overview.document(found))
    else:
        output.write(overview.markdown(found))


def _judged(topologies: Sequence[Topology], claims: str | None) -> Sequence[tuple[Judgement, ...] | None]:
    if claims is None:
        return [None] * len(topologies)
    from novaplan.capacity.claims.judge import judge_all
    from novaplan.capacity.claims.model import load_claims

    return judge_all(topologies, load_claims(claims))
