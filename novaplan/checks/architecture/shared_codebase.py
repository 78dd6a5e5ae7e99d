"""A service is built from code of its own.

Services of one codebase are released together whether they should be or not; each of them carries the others' code, and
a change for one is a deployment of all. They are parts of one service that run apart, which may be wanted where they
scale apart. Evidence for merging; the lines of code are the measure, where they are known. In manifests and compose
files a codebase is an image, or what is built the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import attrgetter

from novaplan.checks.found import Found
from novaplan.checks.images import image_of
from novaplan.checks.reading import System
from novaplan.importers.compose.nodes import Field
from novaplan.importers.compose.reading import Project
from novaplan.importers.draft import Draft, Workload
from novaplan.importers.recognition import Recognition, main_container
from novaplan.topology.service import Service

SEVERITY = "note"


def topology(system: System) -> Iterator[Found]:
    """Codebases that several services are built from."""
    users: dict[str, list[Service]] = defaultdict(list)
    for service in system.topology.services:
        for codebase in service.codebases:
            users[codebase.name].append(service)
    for name, found in sorted(users.items()):
        if len(found) > 1:
            lines = next((item.lines for service in found for item in service.codebases if item.name == name), None)
            size = f" of {lines} lines" if lines else ""
            yield Found(
                found[0].name,
                f"{len(found)} services are built from the codebase {name}{size}:"
                f" {', '.join(service.name for service in found)}",
                "merge them, or part the code",
            )


def workloads(draft: Draft) -> Iterator[Found]:
    """Images that several workloads run; datastores and jobs are left out."""
    yield from _shared((_image(workload), workload) for workload in draft.workloads)


def compose(project: Project) -> Iterator[Found]:
    """The same, and what is built from one place in one way."""
    built = {name: _built(service.get("build")) for name, service in project.services.items()}
    yield from _shared((built.get(item.name) or _image(item), item) for item in project.draft.workloads)


def _image(workload: Workload) -> str:
    container = main_container(workload)
    image = image_of(container.image) if container is not None else None
    return f"the image {image.path}" if image is not None else ""


def _built(build: Field | None) -> str:
    if build is None:
        return ""
    parts = (
        {key: build.get(key) for key in ("context", "dockerfile", "target")} if isinstance(build.value, dict) else {}
    )
    found = {key: field.text() for key, field in parts.items() if field is not None}
    context = found.pop("context", None) or (build.text() if not parts else ".")
    return f"the sources in {context}" + "".join(f", {key} {text}" for key, text in sorted(found.items()))


def _shared(found: Iterable[tuple[str, Workload]]) -> Iterator[Found]:
    recognition, users = Recognition(), defaultdict[str, list[Workload]](list)
    for source, workload in found:
        serves = workload.kind not in ("job", "cronjob") and recognition.role(workload) in ("core", "worker")
        if source and serves and not recognition.datastore(workload):
            users[source].append(workload)
    for source, same in sorted(users.items()):
        if len(same) > 1:
            names = ", ".join(sorted(item.name for item in same))
            first = min(same, key=attrgetter("name"))
            text = f"{len(same)} services are made from {source}: {names}"
            yield Found(first.name, text, "merge them, or part the code", first.where)
