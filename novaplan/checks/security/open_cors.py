"""Browsers may call from the pages that are meant to, with credentials from no others.

With ingress-nginx, enable-cors also allows credentials unless cors-allow-credentials says no. With any origin allowed,
every page that a user visits may call the API, and read the answers where the browser lets it.
Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#enable-cors
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "warning"
_PREFIX = "nginx.ingress.kubernetes.io/"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Ingresses of ingress-nginx that allow any origin."""
    for item in cluster.of_kind("Ingress"):
        notes = item.map(item.metadata, "annotations")
        origin = text_of(notes.get(f"{_PREFIX}cors-allow-origin"))
        if text_of(notes.get(f"{_PREFIX}enable-cors")) == "true" and origin in (None, "*"):
            key = f"{_PREFIX}cors-allow-origin" if origin else f"{_PREFIX}enable-cors"
            secret = text_of(notes.get(f"{_PREFIX}cors-allow-credentials")) != "false"
            yield Found(
                label(item),
                "allows calls from every origin" + (", with credentials, which is the default" if secret else ""),
                "name the origins of your own pages, and set cors-allow-credentials to what they need",
                place(item, notes, key),
            )
