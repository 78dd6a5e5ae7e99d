"""An Ingress brings no snippets of nginx.

Since 1.9, ingress-nginx refuses Ingresses with snippets unless its administrator allows them, because a snippet can
read every secret the controller may: the whole Ingress is rejected, all its routes with it.
Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#allow-snippet-annotations
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Ingresses with snippets, unless a controller's ConfigMap here allows them."""
    for config in cluster.of_kind("ConfigMap"):
        if text_of(config.map(config.value, "data").get("allow-snippet-annotations")) == "true":
            return
    for item in cluster.of_kind("Ingress"):
        notes = item.map(item.metadata, "annotations")
        for key in notes:
            if key.startswith("nginx.ingress.kubernetes.io/") and key.endswith("-snippet"):
                yield Found(
                    label(item),
                    f"{key.rpartition('/')[2]} makes ingress-nginx refuse the whole Ingress, unless its administrator"
                    " allows snippets",
                    "use the annotations or the ConfigMap of the controller (custom headers) in its place",
                    place(item, notes, key),
                )
