"""Each object is declared once, and each path leads to one place.

Of two objects with one name only the last that is applied remains; which one that is depends on the names of files, and
the other looks as if it were in force. Of two Ingresses for the same host and path the older one answers, so that the
same files behave differently in another cluster.
Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/,
https://kubernetes.github.io/ingress-nginx/how-it-works/#building-the-nginx-model
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.found import Found
from novaplan.importers.draft import Route, Where
from novaplan.importers.kubernetes.manifests import Manifest

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Objects with one name and other content, and paths with other backends."""
    first: dict[tuple[str, str, str, str], Manifest] = {}
    for item in cluster.written:
        if not item.metadata.get("name"):
            continue  # the server makes a name for each
        earlier = first.setdefault(item.key, item)
        if earlier is not item and earlier.value != item.value:
            yield Found(
                label(item),
                f"is declared differently at {_shown(earlier.where(), item)}: only one of the two remains",
                "keep one, with what both should say",
                item.where(),
            )
    routes: dict[tuple[object, ...], Route] = {}
    for route in cluster.draft.routes if cluster.draft else ():
        known = routes.setdefault((route.host, route.path, route.match, route.listen, route.where.field), route)
        if known is not route and known.backends != route.backends and route.path is not None:
            there, here = (item.backends[0].host for item in (known, route))
            place = (
                f"{known.where.file}:{known.where.line}"
                if known.where.file != route.where.file
                else f"line {known.where.line}"
            )
            yield Found(
                f"Route {route.host or '*'}{route.path}",
                f"leads to {here}, and at {place} to {there}: which of them answers is left to the controller",
                "keep one of the two",
                route.where,
            )


def _shown(where: Where, item: Manifest) -> str:
    return f"line {where.line}" if where.file == item.file else f"{where.file}:{where.line}"
