"""``novaplan plan``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from novaplan.cli import output, terminal
from novaplan.cli.planning import EffortOption, HolidaysOption, PeopleOption, RolloutOption, StartOption
from novaplan.cli.progress import bar
from novaplan.cli.usage import FINE, MISUSED, ForceOption, OutputOption, command, new_application

if TYPE_CHECKING:
    from novaplan.migration.plan import Plan
    from novaplan.migration.schedule import Schedule
    from novaplan.topology.system import Topology

Form = Literal["table", "json", "yaml", "markdown", "gantt"]
_BY_EXTENSION: dict[str, Form] = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".md": "markdown", ".mmd": "gantt"}

app = new_application()


@command(
    app,
    "novaplan plan current target",
    "novaplan plan current target -o plan.yaml --states states",
    "novaplan plan current target -o runbook.md --start 2027-01-11 --people 3",
    "novaplan plan current target --states lane --done 1-40,43 --step 46",
    statuses=(FINE, "1  wrong input, or no safe order: one line for each reason", MISUSED),
)
def plan(
    current: Annotated[
        str, typer.Argument(metavar="CURRENT", show_default=False, help="What runs today: a file, a name, or -.")
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", show_default=False, help="What novaplan consolidate made of it: a file, a name."
        ),
    ],
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            show_default="by the extension of -o, else table",
            help="table: for people; json, yaml: the plan file; markdown: the runbook; gantt: a chart in Mermaid.",
        ),
    ] = None,
    destination: OutputOption = None,
    states: Annotated[
        Path | None,
        typer.Option("--states", metavar="DIR", show_default=False, help="Write the topology after each step there."),
    ] = None,
    done: Annotated[
        str | None,
        typer.Option(
            "--done",
            metavar="STEPS",
            show_default=False,
            help="With --step, which are done: 1-40,43. --states then writes the state before that step and after it.",
        ),
    ] = None,
    step: Annotated[
        str | None,
        typer.Option("--step", metavar="STEP", show_default=False, help="The next step, by its number or id."),
    ] = None,
    rollout: RolloutOption = "rollout",
    effort: EffortOption = "effort",
    claims: Annotated[
        str | None,
        typer.Option("--claims", metavar="NAME", show_default=False, help="Stated efforts, shown beside the computed."),
    ] = None,
    nodes: Annotated[
        str | None,
        typer.Option("--nodes", metavar="NAME", show_default=False, help="Nodes that must hold old and new together."),
    ] = None,
    people: PeopleOption = None,
    start: StartOption = None,
    holidays: HolidaysOption = None,
    force: ForceOption = False,
) -> None:
    """Plan the steps to another topology, each proved safe.

    In every state that the steps can lead through, in any order that the plan allows and on every way back, what must
    hold is held: routes, references, connections, quorums, owners of data, and more. Where no safe order exists the
    plan is refused, with what breaks, where, by how much, and what would open the way.
    """
    named = [current, target, rollout, effort, claims, nodes]
    if named.count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("only one of the files can be standard input", param_hint="CURRENT")

    if (done is not None or step is not None) and (step is None or states is None):
        raise typer.BadParameter("--done goes with --step and --states", param_hint="--done")

    from novaplan.migration.effort_model import load_effort
    from novaplan.migration.planning import plan as make
    from novaplan.migration.rollout import rollout_on
    from novaplan.topology import storage

    model = load_effort(effort)
    with bar("proving") as progress:
        made = make(
            storage.load(current),
            storage.load(target),
            rollout=rollout_on(rollout, nodes, people),
            effort=model,
            progress=progress,
        )
    days = [item.date() for item in holidays or ()]
    first = None if start is None else start.date()
    chosen = form or _BY_EXTENSION.get(Path(destination or "").suffix.lower(), "table")
    if states is not None and step is not None:
        _write_lane(made, states, done or "", step, force=force)
        return
    if states is not None:
        _write_states(made, states, force=force)
    if chosen == "table" and destination is None:
        terminal.write_text(_table(made, _schedule(made, first, days), effort, claims))
    else:
        called = (current, target, None if states is None else str(states))
        text = _text(made, chosen, first, days, effort, claims, called)
        output.deliver(text, destination, force=force)


def _schedule(made: Plan, first: date | None, holidays: list[date]) -> Schedule:
    return made.schedule(first_day=first, holidays=holidays)


def _table(made: Plan, schedule: Schedule, effort: str, claims: str | None) -> str:
    from novaplan.migration import tables
    from novaplan.migration.effort import groups
    from novaplan.migration.effort_model import load_effort

    found = groups(made.steps, load_effort(effort), claims)
    shown = [
        tables.steps_table(made.steps, schedule),
        *([tables.improvements_table(found)] if found else []),
        tables.schedule_table(schedule),
        tables.proof_table(made.proof),
    ]
    return "\n\n".join(table.text(terminal.width()) for table in shown)


def _text(
    made: Plan,
    form: Form,
    first: date | None,
    holidays: list[date],
    effort: str,
    claims: str | None,
    called: tuple[str, str, str | None],
) -> str:
    if form in {"json", "yaml"}:
        from novaplan.migration import storage as plans

        return plans.dumps(made.world, made.proof, as_json=form == "json")
    schedule = _schedule(made, first, holidays)
    if form == "gantt":
        from novaplan.migration.gantt import gantt

        return gantt(made.steps, schedule, title=f"{made.current_name} to {made.target_name}")
    if form == "markdown":
        from novaplan.render.runbook import runbook

        return runbook(made, schedule, called=called)
    return _table(made, schedule, effort, claims) + "\n"


def _write_states(made: Plan, folder: Path, *, force: bool) -> None:
    """The topology after each step, numbered, current first."""
    _write(dict(zip(made.state_names, map(made.state, range(len(made) + 1)), strict=True)), folder, force=force)


def _write_lane(made: Plan, folder: Path, done: str, step: str, *, force: bool) -> None:
    """The states before and after one step where others are done than those told before it; files are called as in the
    runbook, whose commands so serve this folder too."""
    from novaplan.errors import InputError

    before, chosen = dict.fromkeys(made.named(done)), made.named(step)
    if len(chosen) != 1 or chosen[0] in before:
        raise InputError(f"{step!r} is no step that is left to do; name one step that is not done yet")
    number = [item.id for item in made.steps].index(chosen[0]) + 1
    names = made.state_names[number - 1 : number + 1]
    _write(dict(zip(names, (made.after(before), made.after([*before, *chosen])), strict=True)), folder, force=force)


def _write(topologies: dict[str, Topology], folder: Path, *, force: bool) -> None:
    from novaplan.documents import files
    from novaplan.render.tree import File, Tree
    from novaplan.topology import storage

    header = files.generated_header("plan")
    found = {f"{name}.yaml": File(storage.dumps(item, header=header)) for name, item in topologies.items()}
    Tree(found, made_by="plan").write(folder, force=force)
    output.note(f"wrote {len(found)} topologies to {folder}")
