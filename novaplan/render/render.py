"""From a topology to a tree of files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import TYPE_CHECKING

from novaplan.errors import InputError, UnknownNameError, nearest
from novaplan.garbage import uncollected
from novaplan.render import agreement
from novaplan.render.assembly import Bundle, Sealed, assemble
from novaplan.render.context import Context
from novaplan.render.credentials import SecretNeed
from novaplan.render.environments import context_for, environments
from novaplan.render.guides import guides
from novaplan.render.layouts import plain
from novaplan.render.risks import risks
from novaplan.render.selection import without
from novaplan.render.settings import Language, Layout, SecretsForm, Settings
from novaplan.render.settings_storage import load_render_settings
from novaplan.render.tree import Tree

if TYPE_CHECKING:
    from novaplan.topology.system import Topology


@uncollected()
def render_manifests(
    topology: Topology,
    settings: Settings | None = None,
    *,
    layout: Layout = "plain",
    secrets: SecretsForm = "placeholder",
    language: Language = "en",
    source: Topology | None = None,
    sealed: Sealed | None = None,
    validate: bool = False,
) -> Tree:
    """Everything that runs ``topology`` on Kubernetes, as files not yet written: the same for the same arguments.

    ``settings`` are those of ``models/render.yaml`` where none are given. ``source`` is the system that the topology
    was made from: with ``keep_old_names`` its ports stay too. ``sealed`` is what the form ``sealed-secrets`` needs.
    ``validate`` holds every object against the schemas of the Kubernetes versions that the settings name.

    Raises InputError, with every problem, for what Kubernetes would refuse and settings that do not fit the topology.
    """
    _require_possible(layout, secrets, language)
    chosen = load_render_settings() if settings is None else settings
    whole = topology if chosen.disabled else None
    context = Context(without(topology, chosen.disabled), chosen, source, whole)
    agreement.require(context)

    def build(wanted: Context) -> Bundle:
        bundle = assemble(wanted, secrets, sealed)
        if validate:
            _require_valid(bundle, chosen)
        return bundle

    if layout == "plain":
        return _plain(context, build, language=language, secrets=secrets, validated=validate)
    needs: dict[SecretNeed, None] = {}

    def noted(wanted: Context) -> Bundle:
        bundle = build(wanted)
        needs.update(dict.fromkeys(bundle.needs))
        return bundle

    files = import_module(f"novaplan.render.layouts.{layout}").tree(context, noted)
    return Tree(files, tuple(needs), risks(context, needs))


@uncollected()
def render_patch(
    before: Topology,
    after: Topology,
    settings: Settings | None = None,
    *,
    secrets: SecretsForm = "placeholder",
    source: Topology | None = None,
    validate: bool = False,
    only: Collection[str] = (),
    named: tuple[str, str] | None = None,
) -> tuple[Tree, tuple[str, ...]]:
    """What turns a cluster that runs ``before`` into one that runs ``after``, as files not yet written: only what
    differs, with a script that applies it; and what it does, one line for each object.

    ``only`` names the components whose objects alone are looked at; without it all are. ``named`` is what the script
    calls the two; otherwise they are called by their own names. Takes the same arguments as ``render_manifests`` beside
    that, and raises the same. Sealing makes other text of the same value, so ``sealed-secrets`` are refused.
    """
    from novaplan.render.patches.files import files, summary
    from novaplan.render.patches.patch import of_components, patch

    if secrets in ("sealed-secrets", "generate"):
        message = f"{secrets} makes everything anew; for what differs take placeholder or external-secrets"
        raise InputError(message, field="secrets")
    chosen = load_render_settings() if settings is None else settings
    bundles = []
    for topology in (before, after):
        whole = topology if chosen.disabled else None
        context = Context(without(topology, chosen.disabled), chosen, source, whole)
        bundles.append((made := _chosen(context), assemble(made, secrets)))
    if validate:
        _require_valid(bundles[1][1], chosen)
    objects = bundles[0][1].manifests, bundles[1][1].manifests
    found = patch(*(of_components(*objects, _known(only, before, after)) if only else objects))
    context, bundle = bundles[1]
    called = named or (before.name, after.name)
    tree = Tree(files(found, before=called[0], after=called[1]), bundle.needs, risks(context, bundle.needs))
    return tree, tuple(summary(found))


def _known(names: Collection[str], *topologies: Topology) -> Collection[str]:
    known = {name for topology in topologies for name in (*topology.service, *topology.datastore)}
    if missing := sorted(set(names) - known):
        raise UnknownNameError(f"there is no component {missing[0]!r}{nearest(missing[0], known)}", field="only")
    return names


def _require_possible(layout: Layout, secrets: SecretsForm, language: Language) -> None:
    if layout == "compose" and secrets != "placeholder":
        message = f"compose has no Secrets, so {secrets} does nothing for it; fill in a copy of .env.example"
        raise InputError(message, field="secrets")
    if layout != "plain" and language != "en":
        raise InputError(f"the layout {layout} has no guides; only plain has, in {language} too", field="language")


def _plain(
    context: Context,
    build: Callable[[Context], Bundle],
    *,
    language: Language,
    secrets: SecretsForm,
    validated: bool,
) -> Tree:
    """Plain files are for one environment, which the settings name; a deploy script and guides are about them."""
    chosen = _chosen(context)
    bundle = build(chosen)
    texts = guides.files(chosen, bundle, language=language, secrets=secrets, validated=validated)
    return Tree(
        {**plain.tree(bundle), **texts},
        bundle.needs,
        risks(chosen, bundle.needs),
        guides.failed(chosen, bundle, secrets),
    )


def _chosen(context: Context) -> Context:
    """``context`` for the one environment that plain files are for."""
    described = {environment.name: environment for environment in environments(context)}
    name = context.settings.environment
    if name not in described:
        raise UnknownNameError(f"there is no environment {name!r}{nearest(name, described)}", field="environment")
    return context_for(context, described[name])


def _require_valid(bundle: Bundle, settings: Settings) -> None:
    from novaplan.render.validation.validate import validate

    problems = validate(bundle.manifests, settings.kubernetes)
    if problems:
        raise InputError(problems)
