"""From a topology to a tree of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novaplan.errors import InputError
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.layouts import plain
from novaplan.render.settings import Layout, SecretsForm, Settings
from novaplan.render.tree import Tree

if TYPE_CHECKING:
    from novaplan.topology.system import Topology


def render(
    topology: Topology,
    settings: Settings | None = None,
    *,
    layout: Layout = "plain",
    secrets: SecretsForm = "placeholder",
) -> Tree:
    """Everything that runs ``topology`` on Kubernetes, as files that are not yet written.

    The same arguments always give the same bytes. Raises InputError, with every problem, for what Kubernetes would
    refuse and for settings that do not fit the topology.
    """
    context = Context(topology, settings or Settings())
    bundle = assemble(context, secrets)
    if layout != "plain":
        raise InputError(f"there is no layout {layout!r}")
    return Tree(plain.tree(bundle))
