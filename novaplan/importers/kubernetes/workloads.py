"""Every kind of workload as a workload of the draft."""

from __future__ import annotations

import re
from typing import Any, Final

from novaplan.importers.draft import Note, Port, Volume, Workload, WorkloadKind
from novaplan.importers.kubernetes.configuration import Configuration
from novaplan.importers.kubernetes.index import Index, Labels, labels_of, template_path
from novaplan.importers.kubernetes.manifests import Manifest, text_of
from novaplan.importers.kubernetes.networking import Exposure
from novaplan.importers.kubernetes.pods import Pods, spread, termination
from novaplan.importers.kubernetes.scaling import Scaling
from novaplan.importers.kubernetes.variables import PROJECTED_SOURCES, REFERENCES, VOLUME_SOURCES, Variables
from novaplan.importers.marks import GENERATED
from novaplan.quantity import parse_bytes
from novaplan.topology.service import Rollout

_KINDS: Final[dict[str, WorkloadKind]] = {
    "Deployment": "deployment",
    "DeploymentConfig": "deployment",
    "Rollout": "deployment",
    "Service": "deployment",  # Knative's
    "StatefulSet": "statefulset",
    "DaemonSet": "daemonset",
    "ReplicaSet": "replicaset",
    "ReplicationController": "replicaset",
    "Job": "job",
    "CronJob": "cronjob",
    "Pod": "pod",
}
_COUNT_OR_PERCENT = re.compile(r"[0-9]{1,9}|(100|[0-9]{1,2})%")
_USUAL_ROLLOUT = Rollout()
_HELM_HOOK: Final = "helm.sh/hook"


class Template:
    """A workload's manifest and the template of its pods."""

    def __init__(self, manifest: Manifest, path: tuple[str, ...]) -> None:
        node = manifest.value
        for step in path:
            node = manifest.map(node, step)
        self.manifest = manifest
        self.spec: dict[str, Any] = manifest.map(node, "spec")
        self.labels: Labels = labels_of(manifest.map(node, "metadata").get("labels"))


def templates(index: Index, notes: list[Note]) -> list[Template]:
    """Every workload that stands for itself; what a controller made is part of that controller."""
    found = []
    for manifest in index.objects:
        path = template_path(manifest)
        if path is None:
            continue
        owner = _controller(manifest)
        if owner is not None:
            notes.append(Note("left out", f"{manifest.kind} {manifest.name}: {owner} made it", manifest.where()))
            continue
        if "test" in (text_of(manifest.map(manifest.metadata, "annotations").get(_HELM_HOOK)) or ""):
            notes.append(Note("left out", f"{manifest.kind} {manifest.name}: a test of its chart", manifest.where()))
            continue
        template = Template(manifest, path)
        if not template.spec.get("containers") and GENERATED not in manifest.map(manifest.metadata, "annotations"):
            message = f"{manifest.kind} {manifest.name} has no containers"
            notes.append(Note("left out", message, manifest.where()))
            continue
        found.append(template)
    return found


def count_sharing(found: list[Template], configuration: Configuration) -> None:
    """Tell ``configuration`` which programs take a whole ConfigMap or Secret."""
    for template in found:
        manifest, spec = template.manifest, template.spec
        containers = [*manifest.maps(spec, "containers"), *manifest.maps(spec, "initContainers")]
        for container in containers:
            if container.get("envFrom") is None:
                continue
            program = _program(container, manifest)
            for source in manifest.maps(container, "envFrom"):
                for field, kind in REFERENCES:
                    name = text_of(manifest.map(source, field).get("name")) if source.get(field) else None
                    if name:
                        configuration.used(kind, manifest.namespace, name, program)
        program = _program(containers[0], manifest) if containers else manifest.name
        for volume in manifest.maps(spec, "volumes"):
            for source, sources in [
                (volume, VOLUME_SOURCES),
                *((item, PROJECTED_SOURCES) for item in manifest.maps(manifest.map(volume, "projected"), "sources")),
            ]:
                for field, kind, naming in sources:
                    name = text_of(manifest.map(source, field).get(naming)) if source.get(field) else None
                    if name:
                        configuration.used(kind, manifest.namespace, name, program)


def workload(
    template: Template,
    position: int,
    *,
    pods: Pods,
    configuration: Configuration,
    exposure: Exposure,
    scaling: Scaling,
    claims: Index,
    notes: list[Note],
) -> Workload:
    """One workload with everything that other objects say about it; ``position`` is its place among all."""
    manifest, spec = template.manifest, template.spec
    autoscaling = scaling.autoscaling(manifest)
    budget = scaling.budget(position)
    ports, hosts, services = exposure.of(position)
    return Workload(
        name=manifest.name,
        where=manifest.where(),
        namespace=manifest.namespace,
        kind=_KINDS[manifest.kind],
        replicas=_replicas(manifest, autoscaling.value.min if autoscaling else None),
        hosts=hosts,
        ports=ports,
        containers=pods.containers(manifest, spec, Variables(manifest, configuration, notes)),
        volumes=_volumes(manifest, spec, claims),
        autoscaling=autoscaling.value if autoscaling else None,
        rollout=_rollout(manifest),
        disruption_budget=budget.value if budget else None,
        spread=spread(manifest, spec),
        termination=termination(manifest, spec, notes),
        also_declared=(*services, *(item.where for item in (autoscaling, budget) if item is not None)),
    )


def container_ports(manifest: Manifest, spec: dict[str, Any]) -> list[Port]:
    """The ports that the containers of a pod declare; those of native sidecars count."""
    found = []
    sidecars = [item for item in manifest.maps(spec, "initContainers") if item.get("restartPolicy") == "Always"]
    for container in [*manifest.maps(spec, "containers"), *sidecars]:
        for port in manifest.maps(container, "ports"):
            number = port.get("containerPort")
            if isinstance(number, str) and number.isdecimal():
                number = int(number[:6])
            if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 65536:
                manifest.fail("containerPort should be a number from 1 to 65535", port, "containerPort")
            udp = text_of(port.get("protocol")) == "UDP"
            found.append(Port(number, text_of(port.get("name")), protocol="udp" if udp else None))
    return found


def _controller(manifest: Manifest) -> str | None:
    for owner in manifest.maps(manifest.metadata, "ownerReferences"):
        kind = text_of(owner.get("kind")) or ""
        if owner.get("controller") is True and kind in _KINDS:
            return f"{kind} {text_of(owner.get('name'))}"
    return None


def _program(container: dict[str, Any], manifest: Manifest) -> str:
    image = text_of(container.get("image")) or manifest.name
    name, _, tail = image.partition("@")[0].rpartition(":")
    return name if name and "/" not in tail else image


def _replicas(manifest: Manifest, least: int | None) -> int:
    if manifest.kind in ("Pod", "DaemonSet", "CronJob", "Service"):
        return 1
    if manifest.kind == "Job":
        return manifest.whole(manifest.spec, "parallelism") or 1
    stated = manifest.whole(manifest.spec, "replicas")
    if stated is None:
        # Whoever leaves replicas out leaves them to the autoscaler.
        return least or 1
    return stated


def _rollout(manifest: Manifest) -> Rollout:
    key = "strategy" if manifest.spec.get("strategy") is not None else "updateStrategy"
    strategy = manifest.map(manifest.spec, key)
    kind = text_of(strategy.get("type"))
    if kind == "Recreate":
        return Rollout(strategy="recreate")
    rolling = manifest.map(strategy, "rollingUpdate")
    if not rolling:
        return _USUAL_ROLLOUT
    changes = {}
    for name, field in (("maxSurge", "max_surge"), ("maxUnavailable", "max_unavailable")):
        value = rolling.get(name)
        if value is not None:
            if isinstance(value, bool) or not _COUNT_OR_PERCENT.fullmatch(str(value)):
                manifest.fail("should be a count or a percentage such as 25%", rolling, name)
            changes[field] = value
    return _USUAL_ROLLOUT.model_copy(update=changes) if changes else _USUAL_ROLLOUT


def _volumes(manifest: Manifest, spec: dict[str, Any], claims: Index) -> tuple[Volume, ...]:
    found = []
    for volume in manifest.maps(spec, "volumes"):
        name = text_of(volume.get("name")) or "volume"
        if isinstance(volume.get("persistentVolumeClaim"), dict):
            claim = text_of(volume["persistentVolumeClaim"].get("claimName")) or name
            known = claims.get("PersistentVolumeClaim", manifest.namespace, claim)
            size, storage_class = _claim(known, known.value) if known else (None, None)
            found.append(Volume(claim, size, storage_class=storage_class))
        elif isinstance(volume.get("ephemeral"), dict):
            template = manifest.map(manifest.map(volume, "ephemeral"), "volumeClaimTemplate")
            size, storage_class = _claim(manifest, template)
            found.append(Volume(name, size, per_replica=True, storage_class=storage_class))
    for claim_template in manifest.maps(manifest.spec, "volumeClaimTemplates"):
        name = text_of(manifest.map(claim_template, "metadata").get("name")) or "data"
        size, storage_class = _claim(manifest, claim_template)
        found.append(Volume(name, size, per_replica=True, storage_class=storage_class))
    return tuple(found)


def _claim(manifest: Manifest, claim: dict[str, Any]) -> tuple[int | None, str | None]:
    spec = manifest.map(claim, "spec")
    requests = manifest.map(manifest.map(spec, "resources"), "requests")
    storage = requests.get("storage")
    storage_class = text_of(spec.get("storageClassName")) or None
    if storage is None:
        return None, storage_class
    try:
        return parse_bytes(storage), storage_class
    except ValueError as error:
        manifest.fail(str(error), requests, "storage")
