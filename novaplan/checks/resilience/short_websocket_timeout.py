"""A WebSocket stays open while nobody speaks.

ingress-nginx closes a connection on which nothing was read or sent for 60 s unless told otherwise, so clients that are
merely quiet are thrown out every minute and all come back at once.
Source: https://kubernetes.github.io/ingress-nginx/user-guide/miscellaneous/#websockets
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import Manifest, text_of

SEVERITY = "warning"
_PATH = re.compile(r"(?i)(?:^|/)(?:ws|wss|websockets?|socket\.io|cable|live)(?:[/.(]|$)")
_PREFIX = "nginx.ingress.kubernetes.io/"
LEAST = 300
"""Seconds below which a quiet connection is closed too soon."""
_DEFAULT = 60


def objects(cluster: Cluster) -> Iterator[Found]:
    """Ingresses of ingress-nginx with paths for WebSockets."""
    for item in cluster.of_kind("Ingress"):
        path = next(_paths(item), None)
        if path is None or text_of(item.spec.get("ingressClassName")) not in (None, "nginx"):
            continue
        notes = item.map(item.metadata, "annotations")
        for key in ("proxy-read-timeout", "proxy-send-timeout"):
            stated = text_of(notes.get(_PREFIX + key)) or str(_DEFAULT)
            if stated.isdecimal() and int(stated) < LEAST:
                yield Found(
                    label(item),
                    f"closes a quiet WebSocket of {path} after {stated} s ({key})",
                    f"give these paths an Ingress of their own with {key} of an hour",
                    place(item, notes, _PREFIX + key) if notes.get(_PREFIX + key) else place(item),
                )
                break


def _paths(item: Manifest) -> Iterator[str]:
    for rule in item.maps(item.spec, "rules"):
        for path in item.maps(item.map(rule, "http"), "paths"):
            text = text_of(path.get("path")) or ""
            if _PATH.search(text):
                yield text
