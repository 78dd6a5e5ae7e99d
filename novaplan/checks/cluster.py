"""Kubernetes objects, arranged for asking: what selects what, what mounts what, what a container is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from novaplan.importers.draft import Draft, Note, Where
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE, Index, Labels, Selection, labels_of, template_path
from novaplan.importers.kubernetes.manifests import Manifest, line_of, text_of
from novaplan.importers.kubernetes.workloads import Template, templates

Container = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Workload:
    """A controller and the template of its pods."""

    manifest: Manifest
    spec: dict[str, Any]
    """Of the pods."""
    labels: Labels
    """Of the pods."""
    annotations: Labels
    """Of the pods."""

    @cached_property
    def label(self) -> str:
        """``StatefulSet data/postgres``."""
        return label(self.manifest)

    @property
    def name(self) -> str:
        """The controller's name."""
        return self.manifest.name

    @property
    def namespace(self) -> str:
        """Where its pods live."""
        return self.manifest.namespace or DEFAULT_NAMESPACE

    @cached_property
    def containers(self) -> list[Container]:
        """What runs as long as the pod: the containers and native sidecars."""
        sidecars = [item for item in self.init_containers if item.get("restartPolicy") == "Always"]
        return [*self.manifest.maps(self.spec, "containers"), *sidecars]

    @cached_property
    def init_containers(self) -> list[Container]:
        """What runs before, native sidecars included."""
        return self.manifest.maps(self.spec, "initContainers")

    @cached_property
    def all_containers(self) -> list[Container]:
        """Every container once, init containers first."""
        return [*self.init_containers, *self.manifest.maps(self.spec, "containers")]

    @cached_property
    def volumes(self) -> dict[str, dict[str, Any]]:
        """The volumes of its pods by name."""
        return {text_of(item.get("name")) or "": item for item in self.manifest.maps(self.spec, "volumes")}

    @cached_property
    def replicas(self) -> int:
        """As stated; 1 where nothing is."""
        value = self.manifest.spec.get("replicas")
        return value if isinstance(value, int) and not isinstance(value, bool) else 1

    def where(self, node: Any = None, key: str | int | None = None, field: str | None = None) -> Where:
        """The place of ``key`` in ``node``, both somewhere inside the object; its beginning without them."""
        return place(self.manifest, node, key, field)


def label(manifest: Manifest) -> str:
    """An object as findings name it: ``Deployment shop/web``, ``Namespace shop``."""
    space = f"{manifest.namespace}/" if manifest.namespace else ""
    return f"{manifest.kind} {space}{manifest.name}"


def place(manifest: Manifest, node: Any = None, key: str | int | None = None, field: str | None = None) -> Where:
    """File and line of ``key`` in ``node``, somewhere inside an object."""
    return manifest.where(field, line_of(node, key) if node is not None else None)


class Cluster:
    """Every object that was handed over."""

    def __init__(self, objects: Iterable[Manifest]) -> None:
        self.written: tuple[Manifest, ...] = tuple(objects)
        """As they were written and in that order, those that are declared twice included."""
        notes: list[Note] = []
        self.index = Index(self.written, notes)
        self.workloads: tuple[Workload, ...] = tuple(_workload(item) for item in templates(self.index, notes))
        self.draft: Draft | None = None
        """What containers see, where the objects could be understood."""
        self._selection = Selection()
        for workload in self.workloads:
            self._selection.add(workload.namespace, workload.labels)

    @property
    def objects(self) -> Sequence[Manifest]:
        """The objects that count: the last of those that share a name."""
        return self.index.objects

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """The objects of these kinds."""
        return [item for kind in kinds for item in self.index.of_kind(kind)]

    def get(self, kind: str, namespace: str | None, name: str) -> Manifest | None:
        """One object by name."""
        return self.index.get(kind, namespace, name)

    def selected(self, namespace: str | None, labels: Labels) -> list[Workload]:
        """The workloads whose pods have all of these labels; none for no labels."""
        return [self.workloads[position] for position in self._selection.by_labels(namespace, labels)]

    def selected_by(self, namespace: str | None, selector: dict[str, Any]) -> list[Workload]:
        """The same for a selector with ``matchLabels`` and ``matchExpressions``; an empty one selects all there."""
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            return [item for item in self.workloads if item.namespace == (namespace or DEFAULT_NAMESPACE)]
        return [self.workloads[position] for position in self._selection.by_selector(namespace, selector)]

    def behind(self, service: Manifest) -> list[Workload]:
        """The workloads that a Service selects."""
        return self.selected(service.namespace, labels_of(service.spec.get("selector")))

    @cached_property
    def services_of(self) -> dict[int, list[Manifest]]:
        """The Services that select a workload, by ``id(workload)``."""
        found: dict[int, list[Manifest]] = defaultdict(list)
        for service in self.of_kind("Service"):
            for workload in self.behind(service):
                found[id(workload)].append(service)
        return found

    def texts(self) -> Iterator[tuple[Manifest, str, str, Where]]:
        """Every text in a ConfigMap: the object, the key, the text, and where its key stands."""
        for item in self.of_kind("ConfigMap"):
            data = item.map(item.value, "data")
            for key, value in data.items():
                text = text_of(value)
                if text is not None:
                    yield item, key, text, place(item, data, key, f"data.{key}")


def _workload(template: Template) -> Workload:
    manifest = template.manifest
    node = manifest.value
    for step in template_path(manifest) or ():
        node = manifest.map(node, step)
    annotations = labels_of(manifest.map(node, "metadata").get("annotations"))
    return Workload(manifest, template.spec, template.labels, annotations)
