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
)
def diagram(
    topology: Annotated[
        str,
        typer.Argument(
            metavar="TOPOLOGY", show_default=False, help="A file, a name such as current, or - (standard input)."
        ),
    ],
    target: Annotated[
        str | None,
        typer.Argument(metavar="TARGET", show_default=False, help="Draw what becomes of TOPOLOGY in this one."),
    ] = None,
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
    force: ForceOption = False,
) -> None:
    """Draw a system, or what becomes of one in another.

    svg, png and pdf are drawn by Graphviz; svg without it by an extra that pip alone installs. dot and mmd (Mermaid,
    which GitHub draws) need neither.
    """
    if topology == target == output.STANDARD_STREAM:
        raise typer.BadParameter("only one of TOPOLOGY and TARGET can be standard input", param_hint="TARGET")
    form = _form(destination)

    from novaplan.diagrams.comparison import compare
    from novaplan.diagrams.system import View, draw
    from novaplan.topology import storage

    view = View(
        detail=detail, group_by=group_by, hide=frozenset(item.value for item in hide or ()), focus=focus, hops=hops
    )
    first = storage.load(topology)
    picture = draw(first, view) if target is None else compare(first, storage.load(target), view)
    _write(picture, form, destination, force=force)


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
    from novaplan.diagrams.dot import dot
    from novaplan.diagrams.mermaid import mermaid
    from novaplan.documents import files

    if form == "dot" or form == "mmd":
        files.write_text(destination, dot(picture) if form == "dot" else mermaid(picture), force=force)
    else:
        from novaplan.diagrams.drawing import draw

        files.write_bytes(destination, draw(dot(picture), form, title=picture.title), force=force)
    output.note(f"wrote {destination}")
