"""The storage of a service: claims, and the folders every container may write to."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from novaplan.quantity import format_bytes
from novaplan.render.context import Context
from novaplan.render.manifests import Manifest
from novaplan.topology.service import Service, Volume

_SCRATCH: Final = "/tmp"
_ROOT: Final = "/data"


def mounts(context: Context, service: Service) -> list[dict[str, Any]]:
    """Where each container sees the volumes of its pod."""
    found = [{"name": volume.name, "mountPath": path(context, service, volume)} for volume in service.volumes]
    return [*found, *({"name": name, "mountPath": folder} for name, folder in _scratch(context, service).items())]


def path(context: Context, service: Service, volume: Volume) -> str:
    """Where a volume is mounted."""
    return context.settings.mounts.get(f"{service.name}/{volume.name}", f"{_ROOT}/{volume.name}")


def volumes(context: Context, service: Service) -> list[dict[str, Any]]:
    """The volumes of a pod, but not those that a StatefulSet claims for each."""
    claimed = {volume.name for volume in service.volumes if _per_pod(service, volume)}
    found = [_volume(context, volume) for volume in service.volumes if volume.name not in claimed]
    return [*found, *({"name": name, "emptyDir": {}} for name in _scratch(context, service))]


def generated(context: Context, service: Service) -> list[str]:
    """The volumes that only make folders writable."""
    return list(_scratch(context, service))


def templates(context: Context, service: Service) -> list[dict[str, Any]]:
    """The claims that a StatefulSet makes for each of its pods."""
    return [
        {"metadata": {"name": volume.name}, "spec": claim_spec(volume.size, "ReadWriteOnce", context.storage_class())}
        for volume in service.volumes
        if _per_pod(service, volume) and volume.size is not None
    ]


def claims(context: Context) -> list[Manifest]:
    """The claims that pods share, each once: services of one namespace that name one volume mean the same."""
    users: dict[tuple[str | None, str], list[Service]] = defaultdict(list)
    for service in context.topology.services:
        for volume in service.volumes:
            if volume.size is not None and not volume.per_replica:
                users[context.namespace(service), volume.name].append(service)
    return [_claim(context, name, sharing) for (_, name), sharing in users.items()]


def claim_spec(size: int, mode: str, storage_class: str | None) -> dict[str, Any]:
    """The spec of a claim of ``size`` bytes; without a class the cluster's default one holds."""
    chosen = {"storageClassName": storage_class} if storage_class is not None else {}
    return {"accessModes": [mode], **chosen, "resources": {"requests": {"storage": format_bytes(size)}}}


def _claim(context: Context, name: str, sharing: list[Service]) -> Manifest:
    size = max(volume.size or 0 for service in sharing for volume in service.volumes if volume.name == name)
    alone = len(sharing) == 1 and _most(sharing[0]) <= 1
    spec = claim_spec(size, "ReadWriteOnce" if alone else "ReadWriteMany", context.storage_class())
    return context.object("v1", "PersistentVolumeClaim", name, sharing[0], spec=spec)


def _most(service: Service) -> int:
    """As many pods as a service may have."""
    if service.workload == "daemonset":
        return 2
    return max(service.replicas, service.autoscaling.max if service.autoscaling else 0)


def _per_pod(service: Service, volume: Volume) -> bool:
    return service.workload == "statefulset" and volume.per_replica and volume.size is not None


def _volume(context: Context, volume: Volume) -> dict[str, Any]:
    if volume.size is None:
        # A claim must say how much it asks for; what says nothing lives and dies with the pod.
        return {"name": volume.name, "emptyDir": {}}
    if not volume.per_replica:
        return {"name": volume.name, "persistentVolumeClaim": {"claimName": volume.name}}
    spec = claim_spec(volume.size, "ReadWriteOnce", context.storage_class())
    return {"name": volume.name, "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def _scratch(context: Context, service: Service) -> dict[str, str]:
    """Folders that stay writable while the rest of the file system is read-only, by the names of their volumes."""
    stated = context.program(service.name, service.main.image if service.main else None).writable
    taken = {volume.name for volume in service.volumes}
    mounted = {path(context, service, volume) for volume in service.volumes}
    folders = [folder for folder in dict.fromkeys((_SCRATCH, *stated)) if folder not in mounted]
    names: dict[str, str] = {}
    for folder in folders:
        base = "writable" + "".join(letter if letter.isalnum() else "-" for letter in folder.lower())[:48].rstrip("-")
        name, number = base, 2
        while name in taken or name in names:
            name, number = f"{base}-{number}", number + 1
        names[name] = folder
    return names
