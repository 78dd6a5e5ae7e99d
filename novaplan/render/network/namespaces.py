"""The namespaces of a system, each before the first object in it."""

from __future__ import annotations

from typing import Final

from novaplan.render.context import Context
from novaplan.render.manifests import Manifest, manifest
from novaplan.render.network import policies

_STANDARD: Final = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
"""Every pod that is rendered passes the strictest of Kubernetes' standards, so the namespaces hold everybody to it."""


def placed(context: Context, files: dict[str, list[Manifest]]) -> dict[str, list[Manifest]]:
    """``files`` with each namespace, and what denies everything in it, in front of the first objects that are in it.

    The last file has the empty ones.
    """
    left = objects(context)
    found: dict[str, list[Manifest]] = {}
    held: set[str | None] = set()
    for position, (name, items) in enumerate(files.items(), start=1):
        last = position == len(files)
        used = {item["metadata"].get("namespace") for item in items}
        first = [left.pop(space) for space in list(left) if last or space in used]
        denied = [item for space in sorted(used - held, key=str) for item in policies.of_namespace(context, space)]
        held |= used
        found[name] = [*first, *denied, *items]
    return found


def objects(context: Context) -> dict[str, Manifest]:
    """The namespaces by name: those of the topology, and the one that the settings put the rest in."""
    stated = {space.name for space in context.topology.namespaces}
    spaces = {context.namespace(service) for service in context.topology.services}
    spaces |= {context.namespace(store) for store in context.topology.datastores if context.runs(store)}
    added = {space for space in spaces if space is not None} - stated
    return {
        name: manifest(
            "v1",
            "Namespace",
            name,
            namespace=None,
            labels={**context.labels(context.system), **_STANDARD},
            generated_for="system:" if name in added else None,
        )
        for name in sorted(stated | added)
    }
