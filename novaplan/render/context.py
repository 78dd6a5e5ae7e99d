"""A topology together with the settings it is rendered with, and the names and addresses that follow from both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from novaplan.render.manifests import Manifest, labels, manifest
from novaplan.render.settings import Environment, Image, Settings
from novaplan.topology import parts
from novaplan.topology.datastore import Datastore, Patroni, Sentinel, Standalone
from novaplan.topology.service import Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What every renderer gets."""

    topology: Topology
    settings: Settings
    source: Topology | None = None
    """The system this one was made from, where it is known: old names keep its ports too."""
    whole: Topology | None = None
    """The system with what the settings switch off, where they do: data stay whose they are."""
    _made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def environment(self) -> Environment | None:
        """The environment that plain manifests are for, where the settings describe it."""
        return next((item for item in self.settings.environments if item.name == self.settings.environment), None)

    @cached_property
    def edges_from(self) -> dict[str, tuple[Dependency, ...]]:
        """The dependencies of each component; one that is only possible is none."""
        return self._edges("client")

    @cached_property
    def edges_to(self) -> dict[str, tuple[Dependency, ...]]:
        """The dependencies on each component."""
        return self._edges("server")

    def _edges(self, end: str) -> dict[str, tuple[Dependency, ...]]:
        found: dict[str, list[Dependency]] = defaultdict(list)
        for edge in self.topology.dependencies:
            if not edge.possible:
                found[getattr(edge, end)].append(edge)
        return {name: tuple(edges) for name, edges in found.items()}

    def runs(self, datastore: Datastore) -> bool:
        """Whether the datastore is rendered as a workload here, and not only pointed at."""
        shapes = {"postgres": (Standalone, Patroni), "redis": (Standalone, Sentinel)}
        return isinstance(datastore.deployment, shapes.get(datastore.kind, ()))

    def namespace(self, component: Service | Datastore) -> str | None:
        """The namespace of its objects; None leaves it to kubectl's context."""
        return component.namespace or self.settings.namespace

    def once(self, make: Callable[[Context], T]) -> T:
        """What ``make`` makes of this context, made once."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    def object(
        self,
        api_version: str,
        kind: str,
        name: str,
        owner: Service | Datastore,
        *,
        generated: bool = False,
        annotations: Mapping[str, str] | None = None,
        extra_labels: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Manifest:
        """An object that belongs to ``owner``, in its namespace and with its labels; ``generated`` says that no part of
        the topology stands for it."""
        return manifest(
            api_version,
            kind,
            name,
            namespace=self.namespace(owner),
            labels={**self.labels(owner.name), **(extra_labels or {})},
            annotations=annotations,
            generated_for=address_of(owner) if generated else None,
            **body,
        )

    def plain_object(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None,
        *,
        generated: bool = False,
        annotations: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Manifest:
        """An object of the system as a whole."""
        return manifest(
            api_version,
            kind,
            name,
            namespace=namespace,
            labels=self.labels(self.system),
            annotations=annotations,
            generated_for=parts.SYSTEM if generated else None,
            **body,
        )

    def program(self, component: str, image: str | None) -> Image:
        """What the settings say that the program in an image needs."""
        known = self.settings.programs
        last = (image or "").partition("@")[0].rpartition("/")[2].partition(":")[0]
        return known.get(component) or known.get(last) or Image()

    def labels(self, name: str, component: str | None = None) -> dict[str, str]:
        """The labels of an object that belongs to ``name``."""
        return labels(name, instance=self.system, component=component)

    @cached_property
    def system(self) -> str:
        """The name of the system, which the settings may give, as a label takes it."""
        kept = "".join(
            letter if letter.isalnum() and letter.isascii() else "-"
            for letter in (self.settings.system or self.topology.name).lower()
        )
        return kept.strip("-")[:63].strip("-") or "system"

    def host(self, name: str, namespace: str | None, *, seen_from: str | None = None) -> str:
        """The DNS name of a Service: short within its namespace, else with the namespace."""
        return name if namespace is None or namespace == seen_from else f"{name}.{namespace}"

    def full_host(self, name: str, namespace: str | None) -> str:
        """The longest DNS name of a Service, which no search list has to complete."""
        return name if namespace is None else f"{name}.{namespace}.svc.{self.settings.cluster_domain}"

    def image(self, component: str, container: str, stated: str | None) -> str:
        """The image of a service's container: what the settings say of it, else the stated one with the settings'
        registry and tag."""
        chosen = self.chosen_image(component, container)
        if chosen is not None:
            return chosen
        image = stated or f"{component}:latest"
        if self.settings.tag is not None and "@" not in image:
            head, slash, tail = image.rpartition("/")
            image = f"{head}{slash}{tail.partition(':')[0]}:{self.settings.tag}"
        return f"{self.settings.registry}/{_without_registry(image)}" if self.settings.registry else image

    def chosen_image(self, component: str, container: str) -> str | None:
        """What the settings say of the image of one container; nothing where they only say it of all."""
        for images in (self.environment.images if self.environment else {}, self.settings.images):
            for key in (f"{component}/{container}", *([component] if self._is_main(component, container) else [])):
                if key in images:
                    return images[key]
        return None

    def _is_main(self, component: str, container: str) -> bool:
        """Whether the component is about this container: one that stands beside it has an image of its own."""
        service = self.topology.service.get(component)
        beside = service.containers if service is not None else ()
        return all(item.name != container or item.kind == "main" for item in beside)

    def storage_class(self, datastore: Datastore | None = None) -> str | None:
        """The class of a claim; None is the cluster's default."""
        own = datastore.storage_class if datastore is not None else None
        chosen = self.environment.storage_class if self.environment else None
        return own or chosen or self.settings.storage_class


def _without_registry(image: str) -> str:
    """An image's name without the registry it comes from: a host, which a name alone never looks like."""
    first, slash, rest = image.partition("/")
    return rest if slash and (first == "localhost" or "." in first or ":" in first) else image


def address_of(component: Service | Datastore) -> str:
    """The address of a service or a datastore."""
    return parts.address("service" if isinstance(component, Service) else "datastore", component.name)
