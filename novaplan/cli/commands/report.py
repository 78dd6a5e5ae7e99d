"""``novaplan report``."""

from __future__ import annotations

from typing import Annotated

import typer

from novaplan.cli import output
from novaplan.cli.planning import EffortOption, HolidaysOption, PeopleOption, RolloutOption, StartOption
from novaplan.cli.progress import bar
from novaplan.cli.usage import ForceOption, command, new_application

app = new_application()


@command(
    app,
    "novaplan report current target -o report.html",
    "novaplan report current target -o report.html --claims nova-claims",
    "novaplan report current target -o report.html --start 2027-01-11 --people 3",
)
def report(
    current: Annotated[
        str, typer.Argument(metavar="CURRENT", show_default=False, help="What runs today: a file, a name, or -.")
    ],
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", show_default=False, help="What it becomes: a file, a name, or -."),
    ],
    destination: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default="standard output", help="The page, such as report.html."
        ),
    ] = output.STANDARD_STREAM,
    claims: Annotated[
        str | None,
        typer.Option("--claims", metavar="NAME", show_default=False, help="Stated figures, held against the computed."),
    ] = None,
    nodes: Annotated[
        str | None,
        typer.Option("--nodes", metavar="NAME", show_default=False, help="Place the pods on these nodes."),
    ] = None,
    prices: Annotated[
        str, typer.Option("--prices", metavar="NAME", help="What capacity costs: a file, or a name in models/.")
    ] = "prices",
    rollout: RolloutOption = "rollout",
    effort: EffortOption = "effort",
    people: PeopleOption = None,
    start: StartOption = None,
    holidays: HolidaysOption = None,
    force: ForceOption = False,
) -> None:
    """Write one HTML page for the meeting that decides.

    What becomes of what, in pictures and in words; totals, connections and cost side by side; claims; placement; the
    plan, each step with its gate and its way back; every state on the way; what was proved. The page needs no network.
    """
    if [current, target, claims, nodes, prices, rollout, effort].count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("only one of the files can be standard input", param_hint="CURRENT")

    from novaplan.capacity.claims.model import load_claims
    from novaplan.capacity.nodes import load_nodes
    from novaplan.capacity.prices import load_prices
    from novaplan.migration.effort_model import load_effort
    from novaplan.migration.rollout import load_rollout
    from novaplan.report.page import Assumptions, page
    from novaplan.topology import storage
    from novaplan.topology.base import replace

    pool = None if nodes is None else load_nodes(nodes)
    cautious = load_rollout(rollout)
    cautious = cautious if people is None else replace(cautious, people=people)
    given = Assumptions(
        claims=None if claims is None else load_claims(claims),
        nodes=pool,
        prices=load_prices(prices),
        rollout=cautious if pool is None else cautious.on(pool.nodes),
        effort=load_effort(effort),
        first_day=None if start is None else start.date(),
        holidays=[item.date() for item in holidays or ()],
    )
    sides = storage.load(current), storage.load(target)
    with bar("proving") as progress:
        made = page(*sides, given, progress=progress)
    output.deliver(made.text, destination, force=force)
    if made.refused:
        output.warn(f"no plan is safe as it was asked for; the page says why: {made.refused[0]}")
