"""A file that a program is told to read is in what is mounted there.

A ConfigMap or Secret that is mounted as a folder gives it exactly the files of its keys, and nothing can be added. When
a command, a probe or a script names another file of that folder, because a key was renamed or forgotten, the program
finds no such file: it exits, or runs without what the file says. Compose refuses to start anything when an
``env_file`` is missing.
Source: https://kubernetes.io/docs/concepts/storage/volumes/#configmap
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Container, Workload, place
from novaplan.checks.found import Found
from novaplan.checks.usage import keys_of
from novaplan.errors import nearest
from novaplan.importers.compose.disk import exists, joined
from novaplan.importers.compose.reading import Project
from novaplan.importers.draft import Where
from novaplan.importers.kubernetes.manifests import text_of
from novaplan.importers.kubernetes.secret_sources import stated_keys

SEVERITY = "error"

_TESTED = re.compile(r"(?<!\w)-[efrs]\s+\S*$|\b(?:exists|isfile)\(\S*$")
_NAME = r"/([A-Za-z0-9_.\-]*[A-Za-z0-9_])(?![A-Za-z0-9_.\-/*$])"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Paths in a mounted folder that none of its files has."""
    texts = {(item.namespace, item.name): {**item.map(item.value, "data")} for item in cluster.of_kind("ConfigMap")}
    for workload in cluster.workloads:
        for container in workload.all_containers:
            mounted = dict(_mounted(cluster, workload, container))
            told = set()
            for text, where in _texts(workload, container, texts) if mounted else ():
                for folder, name in _lacking(text, mounted):
                    if (folder, name) not in told:
                        told.add((folder, name))
                        yield Found(
                            workload.label,
                            f"{text_of(container.get('name'))} is told to use {folder}/{name}, and the mount there "
                            f"has no such file{nearest(name, mounted[folder])}",
                            "name a file that is there, or add the key",
                            where,
                        )


def compose(project: Project) -> Iterator[Found]:
    """Environment files that compose cannot start without; they are often left out of a repository on purpose."""
    for name, service in project.services.items():
        listed = service.get("env_file")
        for entry in listed.elements() if listed else ():
            path = entry.get("path") if isinstance(entry.value, dict) else entry
            required = entry.get("required") if isinstance(entry.value, dict) else None
            if path is None or (required is not None and not required.flag()):
                continue
            if not exists(joined(entry.node.origin.folder, path.text())):
                yield Found(
                    name,
                    f"takes its variables from {path.text()}, which is not here: compose starts nothing without it",
                    "put an example of the file beside, or mark it required: false",
                    entry.where,
                    "note",
                )


def _lacking(text: str, mounted: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Files that a text names in folders which do not have them; what it asks for first may be missing."""
    for folder, known in mounted.items():
        if folder in text:
            found = list(re.finditer(rf"(?<![\w./\-]){re.escape(folder)}{_NAME}", text))
            asked = {match[1] for match in found if _TESTED.search(text[max(match.start() - 40, 0) : match.start()])}
            yield from ((folder, match[1]) for match in found if match[1] not in known | asked and "." in match[1])


def _mounted(cluster: Cluster, workload: Workload, container: Container) -> Iterator[tuple[str, set[str]]]:
    """Folders whose files are known, with the names in them."""
    manifest = workload.manifest
    mounts = manifest.maps(container, "volumeMounts")
    paths = [(text_of(mount.get("mountPath")) or "").rstrip("/") for mount in mounts]
    for mount, path in zip(mounts, paths, strict=True):
        nested = any(other != path and other.startswith(f"{path}/") for other in paths) or paths.count(path) > 1
        volume = workload.volumes.get(text_of(mount.get("name")) or "", {})
        for field, kind, naming in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
            source = volume.get(field)
            if not isinstance(source, dict) or mount.get("subPath") or mount.get("subPathExpr") or nested or not path:
                continue
            items = manifest.maps(source, "items")
            held = cluster.get(kind, workload.namespace, text_of(source.get(naming)) or "")
            if items:
                yield path, {(text_of(item.get("path")) or "").partition("/")[0] for item in items}
            elif held is not None:
                yield path, {*keys_of(held), *(stated_keys(held) if kind == "Secret" else ())}


def _texts(
    workload: Workload, container: Container, texts: dict[tuple[str | None, str], dict[str, object]]
) -> Iterator[tuple[str, Where]]:
    """What tells a container which files to use: its command, variables, probes, hooks, scripts."""
    manifest = workload.manifest
    for key in ("command", "args"):
        for index, word in enumerate(manifest.texts(container, key)):
            yield word, place(manifest, container.get(key), index)
    for variable in manifest.maps(container, "env"):
        yield text_of(variable.get("value")) or "", place(manifest, variable, "value")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        words = manifest.texts(manifest.map(manifest.map(container, probe), "exec"), "command")
        yield " ".join(words), place(manifest, container, probe)
    lifecycle = manifest.map(container, "lifecycle")
    for hook in ("postStart", "preStop"):
        words = manifest.texts(manifest.map(manifest.map(lifecycle, hook), "exec"), "command")
        yield " ".join(words), place(manifest, lifecycle, hook)
    for mount in manifest.maps(container, "volumeMounts"):
        volume = workload.volumes.get(text_of(mount.get("name")) or "", {})
        name = text_of(manifest.map(volume, "configMap").get("name"))
        for key, text in texts.get((manifest.namespace, name or ""), {}).items():
            if isinstance(text, str) and key.endswith((".sh", ".yml", ".yaml", ".conf", ".ini", ".cfg")):
                lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
                yield "\n".join(lines), place(manifest, mount, "name")
