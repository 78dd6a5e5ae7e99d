"""``novaplan render``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from novaplan.cli import output
from novaplan.cli.usage import TopologyArgument, command, new_application

if TYPE_CHECKING:
    from collections.abc import Collection

    from novaplan.render.assembly import Sealed
    from novaplan.render.secrets.values import Values
    from novaplan.render.settings import SecretsForm, Settings
    from novaplan.render.tree import Tree
    from novaplan.topology.system import Topology

app = new_application()


def _folder(text: str) -> Path:
    if not text:
        raise typer.BadParameter("should name a folder; . is the current one")
    return Path(text)


@command(
    app,
    "novaplan render target -o k8s",
    "novaplan render target -o k8s --set registry=r.example --set tag=1.4.2",
    "novaplan render target -o chart --layout helm --secrets external-secrets",
    "novaplan render target --since current -o patch",
)
def render(
    topology: TopologyArgument,
    folder: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", show_default=False, help="Write to this folder.", parser=_folder),
    ],
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TOPOLOGY",
            show_default=False,
            help="Write only what differs from this one, and apply.sh, which makes it so.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="COMPONENT", help="With --since, what differs of this component alone."),
    ] = None,
    settings: Annotated[
        str,
        typer.Option("--settings", metavar="FILE", help="Images, classes, hosts: a file, or a name in models/."),
    ] = "render",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change one setting, such as ingress.host=shop.example."),
    ] = None,
    layout: Annotated[
        Literal["plain", "kustomize", "helm", "compose"],
        typer.Option("--layout", help="How the same system is laid out in files."),
    ] = "plain",
    secrets: Annotated[
        Literal["placeholder", "external-secrets", "sealed-secrets", "generate"],
        typer.Option(
            "--secrets",
            metavar="FORM",
            help="placeholder, external-secrets, sealed-secrets or generate; no value stands among the manifests.",
        ),
    ] = "placeholder",
    secrets_file: Annotated[
        Path | None,
        typer.Option(
            "--secrets-file",
            metavar="FILE",
            show_default="DIR-secrets.yaml",
            help="Where generated values go, and those to be sealed come from.",
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--sealing-certificate", metavar="FILE", help="Of the cluster that secrets are sealed for."),
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="NAME", help="The environment that the files are for.")
    ] = None,
    keep_old_names: Annotated[
        bool, typer.Option("--keep-old-names", help="Keep a Service under each name that was merged or moved.")
    ] = False,
    language: Annotated[Literal["en", "zh"], typer.Option("--lang", help="Of the guides, with --layout plain.")] = "en",
    validate: Annotated[
        bool, typer.Option("--validate", help="Hold every object against the schemas of Kubernetes.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write beside files that novaplan did not write, and over them.")
    ] = False,
) -> None:
    """Write everything that runs a system on Kubernetes.

    That is manifests, and with the plain layout a deploy script and guides. Every file is written whole or not at all.
    What an earlier rendering left in the folder, and this one does not make, is removed; what somebody else put there
    stays. With --since only what differs is written, and a script that applies and deletes just that.
    """
    if since == topology == output.STANDARD_STREAM:
        raise typer.BadParameter("only one topology can be standard input", param_hint="--since")

    from novaplan.render.guides.guides import REPORT
    from novaplan.render.render import render_manifests
    from novaplan.render.secrets.values import read_values
    from novaplan.render.settings_storage import load_render_settings
    from novaplan.topology import storage

    loaded = storage.load(topology)
    more = [f"environment={environment}"] if environment is not None else []
    more += ["keep_old_names=true"] if keep_old_names else []
    chosen = load_render_settings(settings, changes=[*(changes or ()), *more])
    sealed = _sealed(secrets, folder, secrets_file, certificate)
    if since is None and only:
        raise typer.BadParameter("goes with --since", param_hint="--only")
    if since is not None:
        if layout != "plain" or language != "en" or sealed is not None:
            raise typer.BadParameter("goes with --layout plain and without sealed secrets", param_hint="--since")
        _write_patch(
            (since, topology), loaded, chosen, folder, only=only or (), secrets=secrets, validate=validate, force=force
        )
        return
    tree = render_manifests(
        loaded,
        chosen,
        layout=layout,
        secrets=secrets,
        language=language,
        source=_source(loaded, chosen),
        sealed=sealed,
        validate=validate,
    )
    tree.check(folder, force=force)
    if secrets == "generate":
        _write_values(tree, folder, secrets_file, force=force)
    elif sealed is not None:
        _note_missing(tree, read_values(sealed.values))
    removed = tree.write(folder, force=force)
    output.note(f"wrote {len(tree.files)} files to {folder}")
    for risk in tree.risks:
        output.warn(risk)
    if layout != "compose":
        _warn_of_published(loaded, chosen)
    if tree.failed:
        said = "1 check does" if tree.failed == 1 else f"{tree.failed} checks do"
        output.warn(f"{said} not hold: see {folder / REPORT}")
    output.notes(f"removed {folder / path}, which is no longer part of it" for path in removed)


def _write_patch(
    named: tuple[str, str],
    after: Topology,
    settings: Settings,
    folder: Path,
    *,
    only: Collection[str],
    secrets: SecretsForm,
    validate: bool,
    force: bool,
) -> None:
    from novaplan.render.render import render_patch
    from novaplan.topology import storage

    source = _source(after, settings)
    before = storage.load(named[0])
    tree, told = render_patch(
        before, after, settings, secrets=secrets, source=source, validate=validate, only=only, named=named
    )
    removed = tree.write(folder, force=force)
    output.note(f"wrote {len(tree.files)} {'file' if len(tree.files) == 1 else 'files'} to {folder}")
    output.notes(told)
    output.notes(f"removed {folder / path}, which is no longer part of it" for path in removed)


def _warn_of_published(topology: Topology, settings: Settings) -> None:
    """Ports without a route: on a laptop they were its own, in a cloud each Service gets an address of its own."""
    from novaplan.render.context import Context
    from novaplan.render.network.services import publications
    from novaplan.render.selection import without

    names = sorted(publications(Context(without(topology, settings.disabled), settings)))
    kind, other = settings.network.public, "NodePort" if settings.network.public == "LoadBalancer" else "LoadBalancer"
    if names:
        shown = ", ".join(names)
        output.warn(
            f"everybody reaches {shown} by a {kind} for each port; --set network.public={other} makes it a {other}"
        )


def _source(topology: Topology, settings: Settings) -> Topology | None:
    """The system that ``topology`` was made from: it alone knows the ports of the old names."""
    lineage = topology.lineage if settings.keep_old_names else None
    if lineage is None:
        return None
    from novaplan.errors import NovaplanError
    from novaplan.topology import storage

    try:
        source = storage.load(lineage.source)
    except NovaplanError:
        source = None
    if source is None or source.digest != lineage.digest:
        why = "is not here" if source is None else "has changed since"
        output.warn(f"{lineage.source}, which {topology.name} was made from, {why}: old names keep new ports only")
        return None
    return source


def _sealed(form: SecretsForm, folder: Path, values: Path | None, certificate: Path | None) -> Sealed | None:
    if form != "sealed-secrets" or certificate is None:
        return None
    from novaplan.render.assembly import Sealed
    from novaplan.render.secrets.values import values_file

    return Sealed(values or values_file(folder), certificate)


def _write_values(tree: Tree, folder: Path, file: Path | None, *, force: bool) -> None:
    """Values are made once: a file of them that exists may be in use."""
    from novaplan.render.secrets.values import make_values, values_file

    path = file or values_file(folder)
    values = make_values(path, tree.needs, manifests=folder, force=force)
    output.note(f"{path} holds values of secrets, for your eyes only")
    _note_missing(tree, values)


def _note_missing(tree: Tree, values: Values) -> None:
    from novaplan.render.secrets.values import by_hand

    output.notes(
        f"{need.name} still needs {key.name}" + (f" ({key.purpose})" if key.purpose else "")
        for need, key in by_hand(tree.needs, values)
    )
