"""The template of a pod: its containers with their resources and probes, and what decides where and how it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from novaplan.importers.draft import Container, ContainerKind, Mount, MountKind, Note, Probes, Resources
from novaplan.importers.kubernetes.manifests import Manifest, line_of, text_of
from novaplan.importers.kubernetes.variables import Variables
from novaplan.topology.service import Compute, Probe, Spread, Termination

M = TypeVar("M")

_SLEEP = re.compile(r"\bsleep[\s\"',]+(\d{1,5})\b")
_NO_PROBES = Probes()
_NO_RESOURCES = Resources()
_NO_SPREAD = Spread()
_SECONDS: Final = (
    ("initialDelaySeconds", "initial_delay", 0),
    ("periodSeconds", "period", 1),
    ("timeoutSeconds", "timeout", 1),
)
_COUNTS: Final = (("failureThreshold", "failure_threshold"), ("successThreshold", "success_threshold"))


class Pods:
    """Reads templates of pods. Resources are the same in most containers, so each amount is read once."""

    def __init__(self) -> None:
        self._computes: dict[tuple[str | None, str | None], Compute] = {}
        self._resources: dict[tuple[Compute, Compute], Resources] = {}
        self._probes: dict[str, Probe] = {}

    def containers(self, manifest: Manifest, spec: dict[str, Any], variables: Variables) -> tuple[Container, ...]:
        """The containers: the main one first, then sidecars, then those that run before."""
        volumes = {text_of(item.get("name")) or "": item for item in manifest.maps(spec, "volumes")}
        claims = frozenset(_claims(manifest))
        found = []
        for kind, value in _kinds(manifest, spec):
            command = manifest.texts(value, "command") + manifest.texts(value, "args")
            container = Container(
                name=text_of(value.get("name")) or "main",
                image=(text_of(value.get("image")) or "").strip() or None,
                kind=kind,
                command=tuple(command),
                resources=self._of(manifest, value),
                probes=self._probes_of(manifest, value),
                settings=variables.settings(value),
                files=variables.files(value, volumes) if volumes else (),
                mounts=tuple(_mounts(manifest, value, volumes, claims)),
            )
            found.append(container)
        return tuple(found)

    def _of(self, manifest: Manifest, container: dict[str, Any]) -> Resources:
        resources = manifest.map(container, "resources")
        if not resources:
            return _NO_RESOURCES
        requests = self._compute(manifest, resources, "requests")
        limits = self._compute(manifest, resources, "limits")
        if (requests, limits) not in self._resources:
            self._resources[requests, limits] = Resources(requests=requests, limits=limits)
        return self._resources[requests, limits]

    def _compute(self, manifest: Manifest, resources: dict[str, Any], key: str) -> Compute:
        amounts = manifest.map(resources, key)
        cpu, memory = text_of(amounts.get("cpu")), text_of(amounts.get("memory"))
        if (cpu, memory) not in self._computes:
            for field, amount in (("cpu", cpu), ("memory", memory)):
                checked(manifest, partial(Compute.model_validate, {field: amount}), amounts, field)
            self._computes[cpu, memory] = Compute.model_validate({"cpu": cpu, "memory": memory})
        return self._computes[cpu, memory]

    def _probes_of(self, manifest: Manifest, container: dict[str, Any]) -> Probes:
        found = {}
        for kind in ("startup", "readiness", "liveness"):
            key = f"{kind}Probe"
            if container.get(key) is not None:
                found[kind] = self._probe(manifest, container, key)
        return Probes(**found) if found else _NO_PROBES

    def _probe(self, manifest: Manifest, container: dict[str, Any], key: str) -> Probe | None:
        fields = _probe_fields(manifest, manifest.map(container, key))
        if fields is None:
            return None
        # Most workloads are probed alike, so each different probe is made once.
        same = repr(fields)
        if same not in self._probes:
            self._probes[same] = checked(manifest, partial(Probe.model_validate, fields), container, key)
        return self._probes[same]


_MOUNT_KINDS: Final[dict[str, MountKind]] = {
    "configMap": "config",
    "downwardAPI": "config",
    "projected": "config",
    "secret": "secret",
    "emptyDir": "empty",
    "persistentVolumeClaim": "claim",
    "hostPath": "host",
}


def _claims(manifest: Manifest) -> Iterator[str]:
    if manifest.kind == "StatefulSet":
        for item in manifest.maps(manifest.spec, "volumeClaimTemplates"):
            yield text_of(manifest.map(item, "metadata").get("name")) or "data"


def _mounts(
    manifest: Manifest, container: dict[str, Any], volumes: dict[str, dict[str, Any]], claims: frozenset[str]
) -> Iterator[Mount]:
    for item in manifest.maps(container, "volumeMounts") if container.get("volumeMounts") else ():
        name, path = text_of(item.get("name")) or "", text_of(item.get("mountPath")) or ""
        source = volumes.get(name, {})
        other: MountKind = "claim" if name in claims else "other"
        kind = next((kind for field, kind in _MOUNT_KINDS.items() if field in source), other)
        where = manifest.where(path, line_of(item, "mountPath"))
        yield Mount(path.rstrip("/") or "/", kind, where, name, item.get("readOnly") is True)


def checked(manifest: Manifest, make: Callable[[], M], node: Any, key: str) -> M:
    """What ``make`` makes. Raises InputError, with the place, when its values are not valid."""
    try:
        return make()
    except ValidationError as error:
        message = error.errors(include_url=False, include_input=False)[0]["msg"]
        manifest.fail(message.replace("Input should", "should"), node, key)


def termination(manifest: Manifest, spec: dict[str, Any], notes: list[Note]) -> Termination:
    """How long a pod may take to stop."""
    grace = manifest.whole(spec, "terminationGracePeriodSeconds")
    seconds = 30 if grace is None else grace
    pauses = [pause for _, value in _kinds(manifest, spec) if (pause := _pre_stop(manifest, value)) is not None]
    longest = max(pauses, default=0)
    if longest > seconds:
        message = f"{manifest.name} pauses {longest}s before stopping, but is killed after {seconds}s"
        notes.append(Note("uncertain", message, manifest.where("terminationGracePeriodSeconds")))
    if seconds == 30 and not longest:
        return Termination()
    return Termination.model_validate({"grace": f"{seconds}s", "pre_stop": f"{min(longest, seconds)}s"})


def spread(manifest: Manifest, spec: dict[str, Any]) -> Spread:
    """How pods keep away from each other."""
    if spec.get("affinity") is None and spec.get("topologySpreadConstraints") is None:
        return _NO_SPREAD
    rules = manifest.map(manifest.map(spec, "affinity"), "podAntiAffinity")
    required = manifest.maps(rules, "requiredDuringSchedulingIgnoredDuringExecution")
    preferred = manifest.maps(rules, "preferredDuringSchedulingIgnoredDuringExecution")
    if required:
        return Spread(anti_affinity="required", topology_key=_topology(required[0]))
    if preferred:
        return Spread(anti_affinity="preferred", topology_key=_topology(manifest.map(preferred[0], "podAffinityTerm")))
    constraints = manifest.maps(spec, "topologySpreadConstraints")
    if constraints:
        return Spread(anti_affinity="preferred", topology_key=_topology(constraints[0]))
    return _NO_SPREAD


def _topology(term: dict[str, Any]) -> str:
    return text_of(term.get("topologyKey")) or "kubernetes.io/hostname"


def _pre_stop(manifest: Manifest, container: dict[str, Any]) -> int | None:
    if container.get("lifecycle") is None:
        return None
    hook = manifest.map(manifest.map(container, "lifecycle"), "preStop")
    sleep = manifest.map(hook, "sleep").get("seconds")
    if isinstance(sleep, int) and not isinstance(sleep, bool) and 0 <= sleep < 100_000:
        return sleep
    match = _SLEEP.search(" ".join(manifest.texts(manifest.map(hook, "exec"), "command")))
    return int(match[1]) if match else None


def _kinds(manifest: Manifest, spec: dict[str, Any]) -> Iterator[tuple[ContainerKind, dict[str, Any]]]:
    listed = manifest.maps(spec, "containers")
    main = _main(manifest, listed)
    for index, container in enumerate(listed):
        if index == main:
            yield "main", container
    for index, container in enumerate(listed):
        if index != main:
            yield "sidecar", container
    if spec.get("initContainers") is None:
        return
    for container in manifest.maps(spec, "initContainers"):
        yield "native-sidecar" if container.get("restartPolicy") == "Always" else "init", container


def _main(manifest: Manifest, containers: list[dict[str, Any]]) -> int:
    """The container that kubectl takes for the main one, the one called as the workload, or the first."""
    if len(containers) < 2:
        return 0
    template = manifest.map(manifest.map(manifest.spec, "template"), "metadata") if manifest.kind != "Pod" else {}
    annotations = manifest.map(template, "annotations") if template else {}
    wanted = (text_of(annotations.get("kubectl.kubernetes.io/default-container")), manifest.name)
    for name in wanted:
        for index, container in enumerate(containers):
            if name is not None and text_of(container.get("name")) == name:
                return index
    return 0


def _probe_fields(manifest: Manifest, value: dict[str, Any]) -> dict[str, Any] | None:
    """The fields of a probe in written form, None for a probe of an unknown kind."""
    fields: dict[str, Any]
    if isinstance(value.get("httpGet"), dict):
        get = value["httpGet"]
        fields = {"type": "http", "path": text_of(get.get("path")) or "/", "port": get.get("port")}
    elif isinstance(value.get("tcpSocket"), dict):
        fields = {"type": "tcp", "port": value["tcpSocket"].get("port")}
    elif isinstance(value.get("grpc"), dict):
        fields = {"type": "grpc", "port": value["grpc"].get("port")}
    elif isinstance(value.get("exec"), dict):
        fields = {"type": "exec", "command": tuple(manifest.texts(value["exec"], "command"))}
    else:
        return None
    for name, field, least in _SECONDS:
        seconds = manifest.whole(value, name)
        if seconds is not None:
            # A zero stands for the default of Kubernetes where the default is not zero.
            fields[field] = f"{max(seconds, least)}s"
    for name, field in _COUNTS:
        count = manifest.whole(value, name)
        if count:
            fields[field] = count
    if isinstance(fields.get("port"), str) and fields["port"].isdecimal():
        fields["port"] = int(fields["port"][:6])
    return fields
