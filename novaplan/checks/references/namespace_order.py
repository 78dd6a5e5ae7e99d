"""A namespace is made before what lives in it.

``kubectl apply -f FOLDER`` applies the files in the order of their names and each from top to bottom, and sorts
nothing. What comes before its namespace is refused the first time; only a second run brings it in. Kustomize and Helm
sort namespaces to the front themselves.
Source: https://kubernetes.io/docs/concepts/workloads/management/#bulk-operations-in-kubectl
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from novaplan.checks.cluster import Cluster, label
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.charts import CHART, TEMPLATES
from novaplan.importers.kubernetes.sources import KUSTOMIZATIONS

SEVERITY = "warning"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Namespaces in a file that comes after the first file with an object in them."""
    made = {
        item.name: (position, item)
        for position, item in reversed(list(enumerate(cluster.written)))
        if item.kind == "Namespace"
    }
    files = {item.file for item in cluster.written}
    ordered = {file for file in files if _is_sorted(Path(file))}
    early: dict[str, list[str]] = {}
    for position, item in enumerate(cluster.written):
        if item.file not in ordered and item.namespace in made and position < made[item.namespace][0]:
            early.setdefault(item.namespace, []).append(label(item))
    for name, labels in early.items():
        listed = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
        yield Found(
            f"Namespace {name}",
            f"comes after {listed}, so kubectl apply refuses them until it is run a second time",
            "put the Namespace first: at the top of the file, in a file whose name sorts before, or in a kustomization",
            made[name][1].where(),
        )


def _is_sorted(file: Path) -> bool:
    """Whether a kustomization or a chart applies the file, which put namespaces first."""
    if any(file.with_name(name).exists() for name in KUSTOMIZATIONS):
        return True
    return any(folder.name == TEMPLATES and (folder.parent / CHART).exists() for folder in file.parents)
