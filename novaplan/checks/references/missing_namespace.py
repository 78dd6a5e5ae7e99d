"""Every namespace that objects live in is made by somebody.

``kubectl apply`` refuses an object whose namespace does not exist. Where these files make namespaces of their own, one
that they do not make is forgotten or misspelt. Where they make none, namespaces are made elsewhere and nothing is said.
Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from novaplan.checks.cluster import Cluster, label, place
from novaplan.checks.found import Found
from novaplan.errors import nearest
from novaplan.importers.kubernetes.manifests import Manifest

SEVERITY = "error"

_ALWAYS_THERE: Final = ("default", "kube-system", "kube-public", "kube-node-lease")


def objects(cluster: Cluster) -> Iterator[Found]:
    """Namespaces that are used and not made, once each."""
    made = {item.name for item in cluster.of_kind("Namespace")}
    users: dict[str, list[Manifest]] = {}
    for item in cluster.objects:
        if item.namespace and item.namespace not in made and item.namespace not in _ALWAYS_THERE:
            users.setdefault(item.namespace, []).append(item)
    for name, items in users.items() if made else ():
        first, count = items[0], len(items)
        others = f" and {count - 1} other {'object' if count == 2 else 'objects'}" if count > 1 else ""
        yield Found(
            f"Namespace {name}",
            f"is made by nothing here{nearest(name, made)}, so {label(first)}{others} cannot be applied",
            f"add the Namespace {name}, or name one that is made",
            place(first, first.metadata, "namespace"),
        )
