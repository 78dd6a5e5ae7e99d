"""Plain files: the manifests beside each other, and a kustomization that applies them in order."""

from __future__ import annotations

from typing import Any, Final

from novaplan.documents import writer
from novaplan.documents.files import generated_header
from novaplan.render.assembly import Bundle
from novaplan.render.manifests import Manifest
from novaplan.render.tree import File

KUSTOMIZATION: Final = "kustomization.yaml"
HEADER: Final = generated_header("render")


def tree(bundle: Bundle) -> dict[str, File]:
    """The files of the manifests, and the kustomization that names them."""
    files = {name: manifests_file(items) for name, items in bundle.files.items() if items}
    return {**files, KUSTOMIZATION: kustomization_file(list(files))}


def kustomization_file(resources: list[str], **more: Any) -> File:
    """A kustomization of ``resources``; of ``more``, fields that hold nothing are left out."""
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources}
    return yaml_file({**head, **{field: value for field, value in more.items() if value}})


def manifests_file(items: list[Manifest]) -> File:
    """Objects as one file of YAML."""
    return File(writer.dump_all(items, header=HEADER))


def yaml_file(value: Any) -> File:
    """One document as a file of YAML."""
    return File(writer.dump(value, header=HEADER))
