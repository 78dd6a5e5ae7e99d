"""``novaplan diagram``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from novaplan.cli import output
from novaplan.cli.usage import ForceOption, command, new_application

if TYPE_CHECKING:
    from novaplan.diagrams.picture import Picture
    from novaplan.diagrams.system import View

Form = Literal["svg", "png", "pdf", "dot", "mmd"]
FORMS: tuple[Form, ...] = ("svg", "png", "pdf", "dot", "mmd")

app = new_application()


class Hidden(StrEnum):
    """What a picture may leave out."""

    SERVICE = "service"
    DATASTORE = "datastore"
    EXTERNAL = "external"
    ROUTE = "route"


@command(
    app,
    "novaplan diagram target -o target.svg",
    "novaplan diagram current target -o merge.png",
    "novaplan diagram current -o redis.mmd --focus redis --hops 2",
    "novaplan diagram plan.yaml current target --step 12 -o step.svg",
)
def diagram(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="TOPOLOGY [TARGET] | PLAN [CURRENT TARGET]",
            show_default=False,
            help="Files, names such as current, or - (standard input); a PLAN with --step only.",
        ),
    ],
    destination: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False, help=f"Its extension is the form: {', '.join(FORMS)}."
        ),
    ] = Path(output.STANDARD_STREAM),
    detail: Annotated[
        bool,
        typer.Option("--detail", help="Pools, schemas, DBs, topics, paths; of two topologies also what stays."),
    ] = False,
    focus: Annotated[
        str | None,
        typer.Option("--focus", metavar="NAME", show_default=False, help="Only this component and what is around it."),
    ] = None,
    hops: Annotated[int, typer.Option("--hops", metavar="N", min=0, help="How far around --focus.")] = 1,
    group_by: Annotated[
        Literal["namespace", "team", "none"], typer.Option("--group-by", help="What the frames stand for.")
    ] = "namespace",
    hide: Annotated[
        list[Hidden] | None,
        typer.Option("--hide", help="Leave these out; may be given several times."),
    ] = None,
    fold: Annotated[
        int | None,
        typer.Option(
            "--fold",
            metavar="N",
            min=0,
            show_default="only where there are very many arrows",
            help="Name what N or more use in their boxes, instead of drawing the arrows; 0: never.",
        ),
    ] = None,
    step: Annotated[
        str | None,
        typer.Option(
            "--step",
            metavar="STEP",
            show_default=False,
            help="Of a PLAN, the state after this step: a number or an id.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Draw a system, what becomes of it, or a step of a plan.

    svg, png and pdf are drawn by Graphviz; svg without it by an extra that pip alone installs. dot and mmd (Mermaid,
    which GitHub draws) need neither.
    """
    if names.count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("only one of the files can be standard input", param_hint="TARGET")
    if len(names) not in ((1, 2) if step is None else (1, 3)):
        wanted = (
            "TOPOLOGY or TOPOLOGY TARGET, or say --step of a PLAN" if step is None else "PLAN or PLAN CURRENT TARGET"
        )
        raise typer.BadParameter(f"{len(names)} names are given; name {wanted}", param_hint="TOPOLOGY")
    form = _form(destination)

    from novaplan.diagrams.system import View

    view = View(
        detail=detail,
        group_by=group_by,
        hide=frozenset(item.value for item in hide or ()),
        focus=focus,
        hops=hops,
        fold=fold,
    )
    picture = _after_step(names, step, view) if step is not None else _picture(names, view)
    _write(picture, form, destination, force=force)


def _picture(names: list[str], view: View) -> Picture:
    from novaplan.diagrams.comparison import compare
    from novaplan.diagrams.system import draw
    from novaplan.topology import storage

    found = [storage.load(name) for name in names]
    return draw(found[0], view) if len(found) == 1 else compare(found[0], found[1], view)


def _after_step(names: list[str], step: str, view: View) -> Picture:
    """The topologies that a plan is for are those it names, unless others are given."""
    from novaplan.diagrams.step import after_step
    from novaplan.errors import UnknownNameError
    from novaplan.migration import storage as plans
    from novaplan.migration.plan import Plan
    from novaplan.migration.verify import verify
    from novaplan.topology import storage

    stored = plans.load(names[0])
    try:
        sides = [storage.load(name) for name in names[1:] or (stored.current_name, stored.target_name)]
    except UnknownNameError as unknown:
        if names[1:]:
            raise
        raise UnknownNameError(f"{unknown}; name CURRENT and TARGET after PLAN") from None
    found = verify(stored, *sides)
    if not found.accepted:
        output.warn("this plan is not safe as it stands; novaplan verify says why")
    return after_step(Plan(found.world, found.proof), step, view)


def _form(destination: Path) -> Form:
    if str(destination) == output.STANDARD_STREAM:
        raise typer.BadParameter(f"name a file; its extension is the form: {', '.join(FORMS)}", param_hint="--output")
    found = destination.suffix.removeprefix(".").lower()
    form = next((form for form in FORMS if form == found), None)
    if form is None:
        message = f"{destination.name!r} has no extension that is a form of picture; the forms are {', '.join(FORMS)}"
        raise typer.BadParameter(message, param_hint="--output")
    return form


def _write(picture: Picture, form: Form, destination: Path, *, force: bool) -> None:
    from novaplan.diagrams import mermaid
    from novaplan.diagrams.dot import dot
    from novaplan.documents import files

    if form == "mmd":
        text = mermaid.mermaid(picture)
        files.write_text(destination, text, force=force)
        if len(picture.arrows) > mermaid.MOST_ARROWS or len(text) > mermaid.MOST_CHARACTERS:
            output.warn(
                f"Mermaid draws {mermaid.MOST_ARROWS} arrows and {mermaid.MOST_CHARACTERS:,} characters at most, "
                "unless it is set up otherwise; use --focus, --hide or --fold to draw less"
            )
    elif form == "dot":
        files.write_text(destination, dot(picture), force=force)
    else:
        from novaplan.diagrams.drawing import draw

        files.write_bytes(destination, draw(dot(picture), form, title=picture.title), force=force)
    output.note(f"wrote {destination}")
