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
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(files),
    }
    return {**files, KUSTOMIZATION: yaml_file(kustomization)}


def manifests_file(items: list[Manifest]) -> File:
    """Objects as one file of YAML."""
    return File(writer.dump_all(items, header=HEADER))


def yaml_file(value: Any) -> File:
    """One document as a file of YAML."""
    return File(writer.dump(value, header=HEADER))
