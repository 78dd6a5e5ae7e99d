"""``novaplan import``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from novaplan.cli import output
from novaplan.cli.usage import ForceOption, OutputOption, command, epilog, new_application

if TYPE_CHECKING:
    from novaplan.importers.report import Report
    from novaplan.topology.system import Topology

app = new_application(
    no_args_is_help=True,
    epilog=epilog(
        "novaplan import compose docker-compose.yml -o current.yaml",
        "novaplan import kubernetes manifests/ -o current.yaml",
    ),
)


@app.callback()
def import_() -> None:
    """Make a topology of a system that runs already.

    What was read, what was left out and what is uncertain is told on standard error. Values of secrets are left where
    they are: only their names are taken over.
    """


@command(
    app,
    "novaplan import compose docker-compose.yml -o current.yaml",
    "novaplan import compose compose.yml compose.prod.yml --profile worker",
)
def compose(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", show_default=False, help="Compose files, later over earlier; or -."),
    ],
    env_files: Annotated[
        list[str] | None,
        typer.Option("--env-file", metavar="FILE", help="Variables, in place of .env; may be given several times."),
    ] = None,
    profiles: Annotated[
        list[str] | None,
        typer.Option("--profile", metavar="NAME", help="Take this profile's services too; may be given several times."),
    ] = None,
    destination: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make a topology of docker-compose files."""
    _one_from_standard_input(files)
    from novaplan.importers.compose import import_compose

    _deliver(*import_compose(files, env_files=env_files or (), profiles=profiles or ()), "compose", destination, force)


@command(
    app,
    "novaplan import kubernetes manifests/ -o current.yaml",
    "kubectl get all,cm,ingress -A -o yaml | novaplan import kubernetes - -o current.yaml",
    "helm template . | novaplan import kubernetes -",
)
def kubernetes(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", show_default=False, help="Files of manifests, folders, kustomizations, or -."
        ),
    ],
    destination: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make a topology of Kubernetes manifests."""
    _one_from_standard_input(paths)
    from novaplan.importers.kubernetes import import_kubernetes

    _deliver(*import_kubernetes(paths), "kubernetes", destination, force)


def _one_from_standard_input(names: Sequence[str]) -> None:
    if list(names).count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("standard input can be read once only")


def _deliver(topology: Topology, report: Report, kind: str, destination: str | None, force: bool) -> None:
    from novaplan.documents import files
    from novaplan.topology import storage

    output.notes(report.lines())
    text = storage.dumps(topology, header=files.generated_header(f"import {kind}"))
    output.deliver(text, destination, force=force)
