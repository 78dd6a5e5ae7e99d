"""An image names the release it is.

Without a tag, or with latest, the same manifest starts another program tomorrow; nodes that pulled at different times
run different ones side by side, and a rollback brings nothing back.
Source: https://kubernetes.io/docs/concepts/containers/images/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, place
from novaplan.checks.found import Found
from novaplan.checks.images import Image, image_of
from novaplan.importers.compose.reading import Project
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"
_REMEDY = "name a release, best with its digest"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Containers of every kind."""
    for workload in cluster.workloads:
        for container in workload.all_containers:
            image = image_of(text_of(container.get("image")))
            if image is not None and not image.is_pinned:
                yield Found(workload.label, _said(image), _REMEDY, place(workload.manifest, container, "image"))


def compose(project: Project) -> Iterator[Found]:
    """Services that are pulled; what is built here has the tag that it is given."""
    for name, service in project.services.items():
        field = service.get("image")
        image = image_of(field.text()) if field is not None and service.get("build") is None else None
        if field is not None and image is not None and not image.is_pinned:
            yield Found(name, _said(image), _REMEDY, field.where)


def _said(image: Image) -> str:
    shown = f"{image.path}:{image.tag}" if image.tag else image.path
    return f"{shown} may be another image at every start"
