"""``novaplan check``."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import novaplan
from novaplan.cli import output, terminal
from novaplan.cli.usage import FAILED, FINE, MISUSED, command, new_application

if TYPE_CHECKING:
    from novaplan.checks.reading import Description
    from novaplan.checks.waivers import Waived
    from novaplan.findings import Finding

REACHED = 3
"""Exit status when findings reach --fail-on."""

app = new_application()


@command(
    app,
    "novaplan check target",
    "novaplan check manifests/ --against docker-compose.yml",
    "novaplan check manifests/ --format sarif > findings.sarif",
    "novaplan check manifests/ --skip security --waivers waivers.yaml",
    statuses=(FINE, FAILED, MISUSED, "3  there are findings as grave as --fail-on"),
)
def check(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="TOPOLOGY|PATH...",
            show_default=False,
            help="Topologies by file or name, files and folders of manifests, compose files; - is manifests.",
        ),
    ],
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="OTHER",
            show_default=False,
            help="Another description of the same system to compare with; may be given several times.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Only this check or family; may be given several times."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", metavar="NAME", help="Not this check or family; may be given several times."),
    ] = None,
    waivers: Annotated[
        str | None,
        typer.Option("--waivers", metavar="FILE", show_default=False, help="Findings accepted until a day."),
    ] = None,
    claims: Annotated[
        str | None,
        typer.Option("--claims", metavar="NAME", show_default=False, help="Stated figures: a file, a name in models/."),
    ] = None,
    nodes: Annotated[
        str | None,
        typer.Option("--nodes", metavar="NAME", show_default=False, help="Nodes it must fit: a file, a name."),
    ] = None,
    fail_on: Annotated[
        Literal["error", "warning", "note", "never"],
        typer.Option("--fail-on", help="From which severity on the exit status is 3."),
    ] = "error",
    form: Annotated[
        Literal["table", "json", "sarif"],
        typer.Option("--format", help="table: for people; json: for programs; sarif: for code scanning."),
    ] = "table",
) -> None:
    """Say what is wrong with a system.

    What breaks, what does not hold although it is promised, what does not fit together. Topologies, Kubernetes
    manifests and compose files are read as they are. novaplan checks lists what is looked at.
    """
    if [*paths, *(against or ()), waivers, claims, nodes].count(output.STANDARD_STREAM) > 1:
        raise typer.BadParameter("standard input can be read once only", param_hint="TOPOLOGY|PATH...")

    from novaplan.checks import waivers as waiving
    from novaplan.checks.reading import describe

    accepted = waiving.load_waivers(waivers) if waivers is not None else waiving.Waivers()
    described = describe(paths)
    findings = _findings(described, [*describe(against or ())], only or [], skip or [], claims, nodes)
    found = waiving.waive(findings, accepted, datetime.datetime.now(tz=datetime.UTC).date())
    _tell(found, described, form)
    if fail_on != "never":
        from novaplan.findings import reaches

        if any(reaches(finding.severity, fail_on) for finding in found.standing):
            raise typer.Exit(REACHED)


def _findings(
    described: list[Description],
    others: list[Description | None],
    only: list[str],
    skip: list[str],
    claims: str | None,
    nodes: str | None,
) -> tuple[Finding, ...]:
    from novaplan.capacity.claims.model import load_claims
    from novaplan.capacity.nodes import load_nodes
    from novaplan.checks.catalogue import named
    from novaplan.checks.running import ordered, run

    stated = load_claims(claims) if claims is not None else None
    hosts = load_nodes(nodes) if nodes is not None else None
    chosen, left_out = named(only), named(skip)
    return ordered(
        finding
        for item in described
        for other in others or [None]
        for finding in run(item, other=other, claims=stated, nodes=hosts, only=chosen, skip=left_out)
    )


def _tell(found: Waived, described: list[Description], form: str) -> None:
    from novaplan.checks import words
    from novaplan.checks.sarif import sarif

    output.notes(f"novaplan: warning: {line}" for line in words.about_waivers(found))
    if form == "table":
        terminal.write_text(words.text(found, described, terminal.width()))
    else:
        output.write_json(words.document(found, described) if form == "json" else sarif(found, novaplan.__version__))
