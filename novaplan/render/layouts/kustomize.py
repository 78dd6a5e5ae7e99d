"""Kustomize: the plain manifests as a base, and an overlay for each environment.

What an overlay patches is what the system renders to in that environment and does not in the base, so building it gives
exactly those objects. The folder itself builds the environment that the settings name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from novaplan.documents import writer
from novaplan.render.assembly import Bundle
from novaplan.render.context import Context
from novaplan.render.environments import context_for, context_without, environments
from novaplan.render.layouts import plain
from novaplan.render.layouts.differences import Operation, difference
from novaplan.render.manifests import Manifest, identity
from novaplan.render.tree import File

BASE: Final = "base"
OVERLAYS: Final = "overlays"
ADDED: Final = "added.yaml"
"""The file of an overlay with objects that the base has not."""
_END: Final = "# end\n"
"""Behind each patch: kubectl takes the last line break of a patch away, which may be one of the text in it."""


def tree(context: Context, build: Callable[[Context], Bundle]) -> dict[str, File]:
    """The base, the overlays, and a kustomization that picks the overlay of the environment the settings name.

    ``build`` makes the objects of a context. Raises as it does, and as ``context_for``.
    """
    base = build(context_without(context))
    files = {f"{BASE}/{name}": file for name, file in plain.tree(base).items()}
    chosen = BASE
    for environment in environments(context):
        folder = f"{OVERLAYS}/{environment.name}"
        made = build(context_for(context, environment))
        files |= {f"{folder}/{name}": file for name, file in _overlay(base.manifests, made.manifests).items()}
        if environment.name == context.settings.environment:
            chosen = folder
    return {plain.KUSTOMIZATION: plain.kustomization_file([chosen]), **files}


def _overlay(base: list[Manifest], wanted: list[Manifest]) -> dict[str, File]:
    found = difference(base, wanted)
    patches = [_patch(item, [_written(step) for step in steps]) for item, steps in found.changed]
    patches += [_patch(item, {"$patch": "delete", **_named(item)}) for item in found.removed]
    added = {ADDED: plain.manifests_file(found.added)} if found.added else {}
    resources = [f"../../{BASE}", *added]
    return {plain.KUSTOMIZATION: plain.kustomization_file(resources, patches=patches), **added}


def _patch(item: Manifest, patch: Any) -> dict[str, Any]:
    """A patch of one object. Kustomize takes a target's fields for regular expressions, so dots are put in brackets; it
    counts what is in no namespace to ``default``."""
    group, kind, namespace, name = identity(item)
    target = {"group": group, "version": item["apiVersion"].rpartition("/")[2], "kind": kind}
    exact = {"name": name.replace(".", "[.]"), "namespace": namespace}
    return {
        "target": {key: value for key, value in {**target, **exact}.items() if value},
        "patch": writer.dump(patch) + _END,
    }


def _written(step: Operation) -> dict[str, Any]:
    value = {} if step.op == "remove" else {"value": step.value}
    return {"op": step.op, "path": step.pointer, **value}


def _named(item: Manifest) -> dict[str, Any]:
    kept = {key: item["metadata"][key] for key in ("name", "namespace") if key in item["metadata"]}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": kept}
