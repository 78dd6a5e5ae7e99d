"""All objects of an import, arranged for asking: by kind and name, and workloads by their labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from novaplan.importers.draft import Note
from novaplan.importers.kubernetes.manifests import Manifest, text_of

Labels = dict[str, str]

DEFAULT_NAMESPACE: Final = "default"
"""Where an object lives that names no namespace."""

TEMPLATES: Final[dict[str, tuple[str, ...]]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "DeploymentConfig": ("spec", "template"),
    "Rollout": ("spec", "template"),
    "Pod": (),
}
"""Where each kind of workload keeps the template of its pods."""

_GROUPS: Final = {"Rollout": "argoproj.io", "DeploymentConfig": "apps.openshift.io"}
_KNATIVE: Final = "serving.knative.dev"


def template_path(manifest: Manifest) -> tuple[str, ...] | None:
    """Where the template of its pods stands, None for what is no workload."""
    if manifest.kind == "Service" and manifest.group == _KNATIVE:
        return ("spec", "template")
    path = TEMPLATES.get(manifest.kind)
    group = _GROUPS.get(manifest.kind)
    return path if group is None or manifest.group == group or manifest.group == "" else None


class Index:
    """The objects that count: the last of those that share a name."""

    def __init__(self, found: Iterable[Manifest], notes: list[Note]) -> None:
        self.objects = _last_of_each(found, notes)
        self._by_kind: dict[str, list[Manifest]] = defaultdict(list)
        self._by_name: dict[tuple[str, str, str], Manifest] = {}
        for item in self.objects:
            self._by_kind[item.kind].append(item)
            self._by_name.setdefault((item.kind, item.namespace or DEFAULT_NAMESPACE, item.name), item)

    def of_kind(self, kind: str) -> list[Manifest]:
        """The objects of a kind, in the order they were read."""
        return self._by_kind.get(kind, [])

    def get(self, kind: str, namespace: str | None, name: str) -> Manifest | None:
        """One object by name."""
        return self._by_name.get((kind, namespace or DEFAULT_NAMESPACE, name))


def _last_of_each(found: Iterable[Manifest], notes: list[Note]) -> list[Manifest]:
    kept: dict[tuple[str, str, str, str], Manifest] = {}
    for item in found:
        earlier = kept.pop(item.key, None)
        if earlier is not None and earlier.value != item.value:
            place = f"{earlier.file}:{earlier.line}" if earlier.file != item.file else f"line {earlier.line}"
            message = f"{item.kind} {item.name} is declared twice, first at {place}; the last one counts"
            notes.append(Note("uncertain", message, item.where()))
        kept[item.key] = item
    return list(kept.values())


class Selection:
    """Which workloads a selector selects: by namespace and the labels of their pods."""

    def __init__(self) -> None:
        self._labels: list[tuple[str, Labels]] = []
        self._by_label: dict[tuple[str, str, str], list[int]] = defaultdict(list)

    def add(self, namespace: str | None, labels: Labels) -> None:
        """The next workload."""
        index, space = len(self._labels), namespace or DEFAULT_NAMESPACE
        self._labels.append((space, labels))
        for key, value in labels.items():
            self._by_label[space, key, value].append(index)

    def by_labels(self, namespace: str | None, wanted: Labels) -> list[int]:
        """The workloads whose pods have all of these labels; none when nothing is wanted."""
        if not wanted:
            return []
        space = namespace or DEFAULT_NAMESPACE
        lists = [self._by_label.get((space, key, value), []) for key, value in wanted.items()]
        shortest = min(lists, key=len)
        return [
            index
            for index in shortest
            if all(self._labels[index][1].get(key) == value for key, value in wanted.items())
        ]

    def by_selector(self, namespace: str | None, selector: dict[str, Any]) -> list[int]:
        """The workloads that a selector with ``matchLabels`` and ``matchExpressions`` selects."""
        wanted = labels_of(selector.get("matchLabels"))
        expressions = selector.get("matchExpressions")
        expressions = [item for item in expressions if isinstance(item, dict)] if isinstance(expressions, list) else []
        if not wanted and not expressions:
            return []
        candidates = self.by_labels(namespace, wanted) if wanted else range(len(self._labels))
        return [
            index
            for index in candidates
            if self._labels[index][0] == (namespace or DEFAULT_NAMESPACE)
            and all(is_matched(self._labels[index][1], expression) for expression in expressions)
        ]


def is_matched(labels: Labels, expression: dict[str, Any]) -> bool:
    """Whether labels meet one of a selector's ``matchExpressions``."""
    key = text_of(expression.get("key")) or ""
    values = expression.get("values")
    listed = [text_of(value) for value in values] if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in listed
        case "NotIn":
            return labels.get(key) not in listed
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def labels_of(value: Any) -> Labels:
    """A map of labels as text."""
    if not isinstance(value, dict):
        return {}
    return {key: text for key, item in value.items() if (text := text_of(item)) is not None}
