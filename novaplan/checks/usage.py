"""Which ConfigMaps, Secrets, claims and other named objects pods ask for, and where they say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from novaplan.checks.cluster import Cluster, Container, Workload
from novaplan.importers.draft import Where
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.importers.marks import GENERATED_FOR

_VOLUMES: Final = (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName"))
_PROJECTED: Final = (("configMap", "ConfigMap", "name"), ("secret", "Secret", "name"))
_ENV: Final = (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"))
_ENV_FROM: Final = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))


@dataclass(frozen=True, slots=True)
class Use:
    """That a pod asks for an object, or for one key of it."""

    workload: Workload
    kind: str
    name: str
    key: str | None
    """None for all of it."""
    optional: bool
    how: str
    """``variable DB_URL``, ``volume config``."""
    where: Where

    @property
    def target(self) -> tuple[str, str, str]:
        """Kind, namespace and name of what is asked for."""
        return self.kind, self.workload.namespace, self.name


def uses(cluster: Cluster) -> Iterator[Use]:
    """Everything that pods of ``cluster`` ask for by name."""
    for workload in cluster.workloads:
        for container in workload.all_containers:
            yield from _of_environment(workload, container)
        for name, volume in workload.volumes.items():
            yield from _of_volume(workload, name, volume)
        for item in workload.manifest.maps(workload.spec, "imagePullSecrets"):
            where = workload.where(item, "name")
            yield Use(workload, "Secret", text_of(item.get("name")) or "", None, False, "imagePullSecrets", where)
        account = text_of(workload.spec.get("serviceAccountName") or workload.spec.get("serviceAccount"))
        if account and account != "default":
            where = workload.where(workload.spec, "serviceAccountName")
            yield Use(workload, "ServiceAccount", account, None, False, "serviceAccountName", where)


def _of_environment(workload: Workload, container: Container) -> Iterator[Use]:
    manifest = workload.manifest
    for item in manifest.maps(container, "env"):
        source = manifest.map(item, "valueFrom")
        for field, kind in _ENV:
            reference = source.get(field)
            if isinstance(reference, dict):
                how = f"variable {text_of(item.get('name'))}"
                key = text_of(reference.get("key"))
                yield _use(workload, kind, reference, "name", key or "", how)
    for item in manifest.maps(container, "envFrom"):
        for field, kind in _ENV_FROM:
            reference = item.get(field)
            if isinstance(reference, dict):
                yield _use(workload, kind, reference, "name", None, "envFrom")


def _of_volume(workload: Workload, name: str, volume: dict[str, Any]) -> Iterator[Use]:
    manifest, how = workload.manifest, f"volume {name}"
    sources = [(volume, _VOLUMES)]
    if volume.get("projected") is not None:
        sources += [(item, _PROJECTED) for item in manifest.maps(manifest.map(volume, "projected"), "sources")]
    for holder, fields in sources:
        for field, kind, naming in fields:
            reference = holder.get(field)
            if isinstance(reference, dict):
                keys: list[str | None] = [text_of(item.get("key")) for item in manifest.maps(reference, "items")]
                for key in keys or [None]:
                    yield _use(workload, kind, reference, naming, key, how)
    claim = volume.get("persistentVolumeClaim")
    if isinstance(claim, dict):
        yield _use(workload, "PersistentVolumeClaim", claim, "claimName", None, how)


def _use(workload: Workload, kind: str, reference: dict[str, Any], naming: str, key: str | None, how: str) -> Use:
    optional = reference.get("optional") is True
    return Use(
        workload, kind, text_of(reference.get(naming)) or "", key, optional, how, workload.where(reference, naming)
    )


def is_made(manifest: Manifest) -> bool:
    """Whether novaplan made the object for itself, so that nothing in the system asks for it."""
    return GENERATED_FOR in manifest.map(manifest.metadata, "annotations")


def keys_of(manifest: Manifest) -> dict[str, Any]:
    """The keys of a ConfigMap or Secret, with the map that each stands in."""
    found = {}
    for field in ("data", "stringData", "binaryData"):
        node = manifest.map(manifest.value, field)
        found.update(dict.fromkeys(node, node))
    return found


def keys_read(cluster: Cluster) -> dict[tuple[str, str, str], set[str | None]]:
    """The keys that pods ask for, by object; None among them where all are taken."""
    found: dict[tuple[str, str, str], set[str | None]] = defaultdict(set)
    for use in uses(cluster):
        found[use.target].add(use.key)
    return found
