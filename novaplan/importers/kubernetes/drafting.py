"""Kubernetes objects as a draft."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from novaplan.importers.draft import Draft, NamedObject, Note
from novaplan.importers.kubernetes.configuration import Configuration
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE, Index, Selection, template_path
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.importers.kubernetes.networking import Exposure
from novaplan.importers.kubernetes.pods import Pods
from novaplan.importers.kubernetes.rendered import without_marked
from novaplan.importers.kubernetes.routes import routes
from novaplan.importers.kubernetes.scaling import Scaling
from novaplan.importers.kubernetes.secret_sources import with_secrets
from novaplan.importers.kubernetes.workloads import Template, container_ports, count_sharing, templates, workload

_MODELLED: Final = frozenset(
    (
        "Namespace",
        "Service",
        "ConfigMap",
        "Secret",
        "Ingress",
        "HTTPRoute",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "PersistentVolumeClaim",
        "Endpoints",
        "EndpointSlice",
    )
)


def draft(found: Iterable[Manifest], notes: list[Note], *, name: str, whole: bool = False) -> Draft:
    """Everything that these objects say; with ``whole`` also what novaplan made only to run the system.

    Raises InputError for a value that Kubernetes would refuse.
    """
    kept, records = (list(found), ()) if whole else without_marked(found, notes)
    index = Index(with_secrets(kept, notes), notes)
    listed = templates(index, notes)
    selection = Selection()
    for template in listed:
        selection.add(template.manifest.namespace, template.labels)
    own_ports = [container_ports(template.manifest, template.spec) for template in listed]
    exposure = Exposure(own_ports, index, selection, notes)
    _add_governing_names(listed, index, exposure)
    scaling = Scaling(index, selection, notes)
    configuration = Configuration(index, notes)
    count_sharing(listed, configuration)
    pods = Pods()
    workloads = tuple(
        workload(
            template,
            position,
            pods=pods,
            configuration=configuration,
            exposure=exposure,
            scaling=scaling,
            claims=index,
            notes=notes,
        )
        for position, template in enumerate(listed)
    )
    return Draft(
        name=name,
        workloads=workloads,
        redirects=exposure.redirects(),
        routes=routes(index, notes),
        secrets=configuration.secrets(),
        configs=configuration.configs(),
        namespaces=_namespaces(index),
        unmodelled=_unmodelled(index, notes),
        notes=tuple(notes),
        default_namespace=DEFAULT_NAMESPACE,
        records=records,
    )


def _add_governing_names(listed: list[Template], index: Index, exposure: Exposure) -> None:
    """A StatefulSet's pods have names under its Service even when the Service itself is not among the files."""
    for position, template in enumerate(listed):
        manifest = template.manifest
        governing = text_of(manifest.spec.get("serviceName")) if manifest.kind == "StatefulSet" else None
        if governing and index.get("Service", manifest.namespace, governing) is None:
            exposure.add_host(position, governing)
        if manifest.kind == "Service":
            exposure.add_host(position, manifest.name)


def _namespaces(index: Index) -> tuple[NamedObject, ...]:
    return tuple(NamedObject(item.kind, item.name, item.where()) for item in index.of_kind("Namespace"))


def _unmodelled(index: Index, notes: list[Note]) -> tuple[NamedObject, ...]:
    """What no other part of the draft holds, named; the report has one line for each kind."""
    found = []
    by_kind: dict[str, list[Manifest]] = defaultdict(list)
    for item in index.objects:
        if template_path(item) is None and not (
            item.kind in _MODELLED and "." not in item.group.removesuffix(".k8s.io")
        ):
            found.append(NamedObject(item.kind, item.name, item.where(), item.namespace, item.api_version))
            by_kind[item.kind].append(item)
    for kind, items in by_kind.items():
        names = ", ".join(item.name for item in items[:3]) + (", ..." if len(items) > 3 else "")
        message = f"{len(items)} {kind} ({names}): kept by name, the model has no place for what it says"
        notes.append(Note("left out", message, items[0].where()))
    return tuple(found)
