"""``novaplan verify``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from novaplan.cli import output, terminal
from novaplan.cli.planning import EffortOption, RolloutOption
from novaplan.cli.progress import bar
from novaplan.cli.usage import FINE, MISUSED, command, new_application

app = new_application()


@command(
    app,
    "novaplan verify plan.yaml current target",
    "novaplan verify plan.yaml current target --format json | jq .accepted",
    statuses=(FINE, "1  wrong input, or a plan that is refused: one line for each reason", MISUSED),
)
def verify(
    plan: Annotated[
        str, typer.Argument(metavar="PLAN", show_default=False, help="What novaplan plan wrote: a file, or -.")
    ],
    current: Annotated[
        str, typer.Argument(metavar="CURRENT", show_default=False, help="The topology it starts from: a file, a name.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", show_default=False, help="The topology it leads to: a file, a name.")
    ],
    rollout: RolloutOption = "rollout",
    effort: EffortOption = "effort",
    nodes: Annotated[
        str | None,
        typer.Option("--nodes", metavar="NAME", show_default=False, help="Nodes that must hold old and new together."),
    ] = None,
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="table: for people; json: for programs.")
    ] = "table",
) -> None:
    """Check a plan from scratch, also one that was edited by hand.

    Nothing in the plan is trusted: that it leads to TARGET in every order it allows, that no state on the way breaks
    what must hold, and that there is a way back are shown anew. Its steps must be as careful as those that novaplan
    makes: as long watched, by gates as strict, and undone in the same way. What else was edited is listed.
    """
    if [plan, current, target, rollout, effort, nodes].count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("only one of the files can be standard input", param_hint="PLAN")

    from novaplan.errors import PlanRefused
    from novaplan.migration import tables
    from novaplan.migration.effort_model import load_effort
    from novaplan.migration.proof import problems
    from novaplan.migration.rollout import rollout_on
    from novaplan.migration.verify import verify as check
    from novaplan.topology import storage

    with bar("proving") as progress:
        found = check(
            plan,
            storage.load(current),
            storage.load(target),
            rollout=rollout_on(rollout, nodes),
            effort=load_effort(effort),
            progress=progress,
        )
    if form == "json":
        output.write_json(found.to_dict())
    else:
        said = "accepted" if found.accepted else "refused"
        told = [tables.proof_table(found.proof), *([tables.notes_table(found.notes)] if found.notes else [])]
        text = "\n\n".join(table.text(terminal.width()) for table in told)
        terminal.write_text(f"{plan}: {len(found.plan.steps)} steps, {said}\n\n{text}")
    if not found.accepted:
        raise PlanRefused(problems(found.breaches))
