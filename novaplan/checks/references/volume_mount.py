"""What a container mounts is a volume of its pod, and what is a volume is mounted.

The API server refuses a pod that mounts a volume it does not have. A volume that no container mounts is left over, or
its mount was forgotten, and then a program finds its files missing.
Source: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload, place
from novaplan.checks.found import Found
from novaplan.errors import nearest
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "error"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Mounts without a volume, and volumes without a mount."""
    for workload in cluster.workloads:
        manifest = workload.manifest
        templates = manifest.maps(manifest.spec, "volumeClaimTemplates")
        claims = {text_of(manifest.map(item, "metadata").get("name")): item for item in templates}
        mounted = set()
        for container in workload.all_containers:
            mounts = [*manifest.maps(container, "volumeMounts"), *manifest.maps(container, "volumeDevices")]
            for mount in mounts:
                name = text_of(mount.get("name")) or ""
                mounted.add(name)
                if name not in workload.volumes and name not in claims:
                    near = nearest(name, [*workload.volumes, *filter(None, claims)])
                    yield Found(
                        workload.label,
                        f"{text_of(container.get('name'))} mounts {name}, which is no volume of its "
                        f"pod{near}: the API server refuses it",
                        f"add the volume {name}",
                        place(manifest, mount, "name"),
                    )
        yield from _left_over(workload, mounted)


def _left_over(workload: Workload, mounted: set[str]) -> Iterator[Found]:
    for name, volume in workload.volumes.items():
        if name not in mounted:
            yield Found(
                workload.label,
                f"no container mounts the volume {name}",
                "mount it, or remove it",
                place(workload.manifest, volume, "name"),
                "note",
            )
