"""What is checked: a topology, or the manifests and compose files themselves.

What a path is, its content says: a topology by its ``format``, a compose file by its ``services``, anything else is
read as manifests. Manifests and compose files are also imported, so that checks of the typed graph see them; where that
fails, the checks of the files themselves still run and the failure is a finding.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeVar

from novaplan.capacity.claims.model import Claims
from novaplan.capacity.nodes import Nodes
from novaplan.checks.cluster import Cluster
from novaplan.documents import reader
from novaplan.documents.source import STANDARD_INPUT
from novaplan.errors import NovaplanError, Problem, TopologyError
from novaplan.garbage import uncollected
from novaplan.importers.compose.reading import Project, read_project
from novaplan.importers.derivation import derive
from novaplan.importers.draft import Draft, Note, Where
from novaplan.importers.kubernetes.drafting import draft as draft_of
from novaplan.importers.kubernetes.manifests import Manifest
from novaplan.importers.kubernetes.sources import KUSTOMIZATIONS, read_all
from novaplan.importers.report import Report
from novaplan.topology import storage
from novaplan.topology.system import Topology
from novaplan.topology.validation import validate

Form = Literal["topology", "manifests", "compose"]
_EXTENSIONS: Final = (".yaml", ".yml", ".json")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """A topology, and what else a check of it may want."""

    topology: Topology
    imported: bool = False
    """It was read from manifests or compose files, which may leave out what a topology states."""
    claims: Claims | None = None
    nodes: Nodes | None = None
    draft: Draft | None = None
    """What it was made of, where it was imported."""


@dataclass(frozen=True, eq=False)
class Description:
    """One description of a system: what was read, at each level that there is."""

    name: str
    form: Form
    topology: Topology | None = None
    draft: Draft | None = None
    cluster: Cluster | None = None
    project: Project | None = None
    report: Report = field(default_factory=Report)
    problems: tuple[Problem, ...] = ()
    """Why the files could not be understood as a whole."""
    places: dict[str, Where] = field(default_factory=dict)
    """Where components are declared, by name."""

    @property
    def seen(self) -> Draft | None:
        """What containers see, those included that novaplan rendered beside the system."""
        return self.cluster.draft if self.cluster is not None else self.draft


def describe(paths: Sequence[str | os.PathLike[str]]) -> list[Description]:
    """What is at ``paths``: every topology by itself, all manifests together, all compose files together.

    Raises NovaplanError for what cannot be read at all.
    """
    forms: dict[Form, list[str]] = {"topology": [], "manifests": [], "compose": []}
    for path in paths:
        name = os.fspath(path)
        forms[_form(name)].append(name)
    found = [_topology(path) for path in forms["topology"]]
    if forms["manifests"]:
        found.append(_manifests(forms["manifests"]))
    if forms["compose"]:
        found.append(_compose(forms["compose"]))
    return found


def described(topology: Topology, name: str = "") -> Description:
    """A topology in memory."""
    declared = {item.name: item.declared for item in topology.services}
    declared |= {item.name: item.declared for item in topology.datastores}
    declared |= {item.name: item.declared for item in topology.externals}
    places = {name: Where(found[0].file, found[0].line) for name, found in declared.items() if found}
    return Description(name or topology.name, "topology", topology=topology, places=places)


def _form(path: str) -> Form:
    if path == STANDARD_INPUT:
        return "manifests"
    if not Path(path).exists():
        return "topology"  # a name, or an error that says so
    if Path(path).is_dir() or Path(path).name in KUSTOMIZATIONS:
        return "manifests"
    if not path.lower().endswith(_EXTENSIONS):
        return "topology"
    documents = reader.read(path, tags="keep")
    value = documents[0].value if documents else None
    if isinstance(value, dict):
        if str(value.get("format", "")).startswith("novaplan/"):
            return "topology"
        if "services" in value and "apiVersion" not in value:
            return "compose"
    return "manifests"


def _topology(path: str) -> Description:
    document = storage.read(path)
    with uncollected():
        topology = validate(Topology, document, TopologyError)
    found = described(topology, path)
    for collection in ("services", "datastores", "externals", "namespaces"):
        for index, item in enumerate(document.value.get(collection) or ()):
            line = document.line_of([collection, index])
            found.places.setdefault(item["name"], Where(document.file, line))
    found.places.setdefault(topology.name, Where(document.file, document.line_of(["name"])))
    return found


def _manifests(paths: Sequence[str]) -> Description:
    notes: list[Note] = []
    with uncollected():
        objects = read_all(paths, notes)
        name = Path(paths[0]).resolve().name if paths[0] != STANDARD_INPUT else "system"
        return replace(described_objects(objects, name, notes), name=", ".join(paths))


def described_objects(objects: Sequence[Manifest], name: str = "system", notes: Sequence[Note] = ()) -> Description:
    """Kubernetes objects in memory; ``notes`` is what was said when they were read."""
    cluster, wrong = _cluster(objects)
    told = list(notes)
    draft, drafted = _attempt(lambda: draft_of(objects, told, name=name))
    # Checks look at everything that runs, the system is what it was rendered from.
    rendered = draft is not None and bool(draft.records)
    cluster.draft = _attempt(lambda: draft_of(objects, [], name=name, whole=True))[0] if rendered else draft
    if rendered and cluster.draft is not None and draft is not None:
        cluster.draft = replace(cluster.draft, records=draft.records)
    problems = tuple(dict.fromkeys((*wrong, *drafted)))
    return _imported(Description(name, "manifests", cluster=cluster, draft=draft, problems=problems))


def _cluster(objects: Sequence[Manifest]) -> tuple[Cluster, tuple[Problem, ...]]:
    """The objects arranged; those whose pods cannot be told are left out, each with the reason."""
    cluster, _ = _attempt(lambda: Cluster(objects))
    if cluster is not None:
        return cluster, ()
    kept: list[Manifest] = []
    problems: list[Problem] = []
    for item in objects:
        try:
            Cluster([item])
            kept.append(item)
        except NovaplanError as error:
            problems += error.problems
    return Cluster(kept), tuple(problems)


def _compose(paths: Sequence[str]) -> Description:
    with uncollected():
        project = read_project(paths)
        return _imported(Description(", ".join(paths), "compose", project=project, draft=project.draft))


def _imported(found: Description) -> Description:
    """With the topology, where one can be made."""
    if found.draft is None:
        return found
    draft = found.draft
    derived, problems = _attempt(lambda: derive(draft))
    places = {item.name: item.where for item in draft.workloads}
    topology, told = derived or (None, Report(draft.notes))
    if topology is not None:
        places |= described(topology).places
    problems = (*found.problems, *problems)
    return replace(found, topology=topology, report=told, problems=problems, places=places)


def _attempt(work: Callable[[], T]) -> tuple[T | None, tuple[Problem, ...]]:
    try:
        return work(), ()
    except NovaplanError as error:
        return None, error.problems
