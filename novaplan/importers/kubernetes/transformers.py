"""What a kustomization does to all of its objects: namespace, names, labels, images, replicas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from novaplan.importers.kubernetes import trees
from novaplan.importers.kubernetes.index import TEMPLATES, labels_of
from novaplan.importers.kubernetes.manifests import Manifest, manifest_of, text_of

_CLUSTER_WIDE: Final = frozenset(
    (
        "Namespace",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "PersistentVolume",
        "StorageClass",
        "PriorityClass",
        "APIService",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "IngressClass",
        "GatewayClass",
        "RuntimeClass",
        "Node",
    )
)
_KEEP_THEIR_NAMES: Final = frozenset(("Namespace", "CustomResourceDefinition", "APIService"))
_SCALED: Final = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"))
# Fields that name another object, the field of the name in them, and the kind of that object.
_REFERENCES: Final[dict[str, tuple[str, str]]] = {
    "configMap": ("name", "ConfigMap"),
    "configMapRef": ("name", "ConfigMap"),
    "configMapKeyRef": ("name", "ConfigMap"),
    "secret": ("secretName", "Secret"),
    "secretRef": ("name", "Secret"),
    "secretKeyRef": ("name", "Secret"),
    "persistentVolumeClaim": ("claimName", "PersistentVolumeClaim"),
    "service": ("name", "Service"),
}
_IMAGE = re.compile(r"(?P<name>[^@]*?)(?::(?P<tag>[^:/@]*))?(?:@(?P<digest>.*))?")


class Resource:
    """An object on its way through kustomizations: it changes, and remembers every name it had."""

    def __init__(self, manifest: Manifest) -> None:
        self.value: dict[str, Any] = trees.clone(manifest.value)
        self._made_from = manifest
        self.origins = dict(manifest.origins or {})
        self.names = {manifest.name}

    @property
    def manifest(self) -> Manifest:
        """The object as it is now."""
        return manifest_of(self.value, self._made_from.file, self._made_from.line, self.origins or None)

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.value.get("kind"))

    @property
    def name(self) -> str:
        """Its name as it is now."""
        return text_of(self._metadata().get("name")) or ""

    @property
    def namespace(self) -> str | None:
        """Its namespace as it is now."""
        return text_of(self._metadata().get("namespace"))

    def rename(self, name: str) -> None:
        """Give it another name; patches may still ask for it by the earlier ones."""
        trees.put(self._metadata(), "name", name)
        self.names.add(name)

    def _metadata(self) -> dict[str, Any]:
        return trees.child(self.value, "metadata")


def transform(resources: list[Resource], kustomization: dict[str, Any]) -> None:
    """Apply everything but patches, in the order kustomize does."""
    namespace = text_of(kustomization.get("namespace"))
    if namespace:
        for resource in resources:
            _set_namespace(resource, namespace)
    prefix, suffix = text_of(kustomization.get("namePrefix")) or "", text_of(kustomization.get("nameSuffix")) or ""
    if prefix or suffix:
        _rename(resources, prefix, suffix)
    for labels in _labels(kustomization):
        for resource in resources:
            held = trees.child(trees.child(resource.value, "metadata"), "labels")
            for key, value in labels.items():
                trees.put(held, key, value)
    for item in _maps(kustomization, "replicas"):
        for resource in resources:
            if resource.kind in _SCALED and text_of(item.get("name")) in resource.names:
                trees.put(trees.child(resource.value, "spec"), "replicas", item.get("count"))
    for item in _maps(kustomization, "images"):
        for resource in resources:
            _set_image(resource, item)


def _set_namespace(resource: Resource, namespace: str) -> None:
    if resource.kind == "Namespace":
        resource.rename(namespace)
    elif resource.kind not in _CLUSTER_WIDE:
        trees.put(trees.child(resource.value, "metadata"), "namespace", namespace)


def _rename(resources: list[Resource], prefix: str, suffix: str) -> None:
    renamed: dict[tuple[str, str], str] = {}
    for resource in resources:
        if resource.kind not in _KEEP_THEIR_NAMES:
            old = resource.name
            resource.rename(f"{prefix}{old}{suffix}")
            renamed[resource.kind, old] = resource.name
    for resource in resources:
        _follow(resource.value, renamed)
        spec = resource.value.get("spec")
        if isinstance(spec, dict):
            _follow_name(spec, "serviceName", "Service", renamed)
            target = spec.get("scaleTargetRef")
            if isinstance(target, dict):
                _follow_name(target, "name", text_of(target.get("kind")) or "", renamed)


def _follow(node: Any, renamed: dict[tuple[str, str], str]) -> None:
    """Let every field that names a renamed object name it anew."""
    if isinstance(node, list):
        for item in node:
            _follow(item, renamed)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in _REFERENCES and isinstance(value, dict):
                field, kind = _REFERENCES[key]
                # A projected volume calls the Secret by name, an ordinary one by secretName.
                _follow_name(value, field if field in value else "name", kind, renamed)
            if isinstance(value, dict | list):
                _follow(value, renamed)
        if "servicePort" in node:
            _follow_name(node, "serviceName", "Service", renamed)


def _follow_name(node: dict[str, Any], key: str, kind: str, renamed: dict[tuple[str, str], str]) -> None:
    name = text_of(node.get(key))
    if name is not None and (kind, name) in renamed:
        node[key] = renamed[kind, name]


def _labels(kustomization: dict[str, Any]) -> Iterator[dict[str, str]]:
    yield labels_of(kustomization.get("commonLabels"))
    for item in _maps(kustomization, "labels"):
        yield labels_of(item.get("pairs"))


def _set_image(resource: Resource, item: dict[str, Any]) -> None:
    wanted = text_of(item.get("name"))
    for container in _containers(resource):
        match = _IMAGE.fullmatch(text_of(container.get("image")) or "")
        if match is None or match["name"] != wanted:
            continue
        name = text_of(item.get("newName")) or match["name"]
        digest, tag = text_of(item.get("digest")), text_of(item.get("newTag"))
        if digest is None and tag is None:
            digest, tag = match["digest"], (match["tag"] or "") + (text_of(item.get("tagSuffix")) or "")
        tail = f"@{digest}" if digest else f":{tag}" if tag else ""
        trees.put(container, "image", name + tail)


def _containers(resource: Resource) -> Iterator[dict[str, Any]]:
    path = TEMPLATES.get(resource.kind)
    if path is None:
        return
    node: Any = resource.value
    for step in (*path, "spec"):
        node = node.get(step) if isinstance(node, dict) else None
    for key in ("containers", "initContainers"):
        listed = node.get(key) if isinstance(node, dict) else None
        for container in listed if isinstance(listed, list) else []:
            if isinstance(container, dict):
                yield container


def _maps(node: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = node.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
