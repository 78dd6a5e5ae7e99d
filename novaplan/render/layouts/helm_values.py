"""What of a chart's objects is a value, and where it stands in values.yaml.

People change some values from one installation to the next: replicas and their bounds, images, resources, classes,
hosts (``PLACES``). Whatever else two environments differ in becomes a value under ``adjustments``, so that every
environment installs exactly what the system renders to there.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from novaplan.render.context import Context
from novaplan.render.layouts.differences import Identity, Path, by_identity, operations
from novaplan.render.manifests import NAME, Manifest

Keys = tuple[str, ...]
Schema = dict[str, Any]
ADJUSTMENTS: Final = "adjustments"
ENABLED: Final = "enabled"

COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
TEXT: Final[Schema] = {"type": "string", "minLength": 1}
CLASS: Final[Schema] = {"type": ["string", "null"], "description": "Nothing: the default of the cluster."}
SWITCH: Final[Schema] = {"type": "boolean"}
_AMOUNTS: Final[Schema] = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
RESOURCES: Final[Schema] = {
    "type": "object",
    "properties": {"requests": _AMOUNTS, "limits": _AMOUNTS},
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One place in an object that holds a value."""

    path: Path
    keys: Keys
    schema: Schema = field(default_factory=dict)


@dataclass(slots=True)
class Chart:
    """The objects of a chart, where in them the values stand, and what those are in each environment."""

    objects: dict[Identity, Manifest]
    points: dict[Identity, list[Point]]
    conditions: dict[Identity, list[Keys]]
    """The values that must hold for an object to be there."""
    values: list[dict[str, Any]]
    """First those of the base, then those of each environment."""
    schema: Schema


def chart(context: Context, base: Sequence[Manifest], environments: Sequence[Sequence[Manifest]]) -> Chart:
    """The chart that installs ``base``, or with the values of an environment what that renders to."""
    variants = [by_identity(items) for items in (base, *environments)]
    objects = {
        key: item for variant in reversed(variants) for key, item in variant.items()
    }  # the base has the last word
    objects = {key: objects[key] for variant in variants for key in variant}
    made = Chart(objects, {}, {}, [{} for _ in variants], _branch())
    services = {service.name: service.optional for service in context.topology.services}
    for key, item in objects.items():
        made.conditions[key] = []
        name = _component(item)
        if services.get(name) and item["kind"] not in ("Secret", "ExternalSecret", "SealedSecret"):
            _value(made, made.conditions[key], ("services", name, ENABLED), SWITCH, [True] * len(variants))
        if not all(key in variant for variant in variants):
            keys = (ADJUSTMENTS, _label(key), ENABLED)
            _value(made, made.conditions[key], keys, SWITCH, [key in variant for variant in variants])
        _settle(made, key, places(services, item), [variant.get(key, item) for variant in variants])
    return made


def _settle(made: Chart, key: Identity, known: Iterable[Point], forms: list[Manifest]) -> None:
    """The values in one object, which has one form in each environment."""
    item = made.objects[key]
    points = {point.path: point for point in known if not _clashes(made, point, forms)}
    for form in forms:
        for step in operations(item, form):
            path = step.path
            if path not in points and step.op != "replace":
                path = path[:-1]  # a value cannot come or go by itself: the whole map is one
            if not any(path[: len(other)] == other for other in points):
                points = {other: point for other, point in points.items() if other[: len(path)] != path}
                points[path] = Point(path, (ADJUSTMENTS, _label(key), _pointer(path)))
    made.points[key] = list(points.values())
    for point in made.points[key]:
        _put(made, point.keys, point.schema, [at(form, point.path) for form in forms])


def _clashes(made: Chart, point: Point, forms: list[Manifest]) -> bool:
    """Whether another object has another value by the same name; then the value stays where it is."""
    return any(
        (known := at(values, point.keys, _ABSENT)) is not _ABSENT and known != at(form, point.path)
        for values, form in zip(made.values, forms, strict=True)
    )


def _value(made: Chart, conditions: list[Keys], keys: Keys, schema: Schema, values: list[Any]) -> None:
    conditions.append(keys)
    _put(made, keys, schema, values)


def _put(made: Chart, keys: Keys, schema: Schema, values: list[Any]) -> None:
    branch = made.schema
    for step in keys[:-1]:
        branch = branch["properties"].setdefault(step, _branch())
    branch["properties"][keys[-1]] = schema
    for tree, value in zip(made.values, values, strict=True):
        for step in keys[:-1]:
            tree = tree.setdefault(step, {})
        tree[keys[-1]] = value


def _branch() -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": False}


# ---------------------------------------------------------------- places


def places(services: Container[str], item: Manifest) -> Iterator[Point]:
    """Where an object holds what people change; ``services`` are the names of all services."""
    spec = item.get("spec")
    if not isinstance(spec, dict):
        return
    kind, component = item["kind"], _keys(services, item)
    if kind == "Ingress":
        yield from _ingress(spec)
    elif kind == "HorizontalPodAutoscaler":
        yield Point(("spec", "minReplicas"), (*component, "autoscaling", "min"), COUNT)
        yield Point(("spec", "maxReplicas"), (*component, "autoscaling", "max"), COUNT)
    elif kind == "PersistentVolumeClaim":
        yield Point(("spec", "storageClassName"), (*component, "storageClass"), CLASS)
    elif kind in ("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob", "Pod"):
        if "replicas" in spec and component[0] == "services":
            yield Point(("spec", "replicas"), (*component, "replicas"), COUNT)
        yield from _pods(spec, kind, component)


def _ingress(spec: Mapping[str, Any]) -> Iterator[Point]:
    yield Point(("spec", "ingressClassName"), ("ingress", "className"), CLASS)
    for index, rule in enumerate(spec.get("rules", ())):
        if "host" in rule:
            yield Point(("spec", "rules", index, "host"), ("ingress", "hosts", rule["host"]), TEXT)
    for index, tls in enumerate(spec.get("tls", ())):
        for number, host in enumerate(tls.get("hosts", ())):
            yield Point(("spec", "tls", index, "hosts", number), ("ingress", "hosts", host), TEXT)


def _pods(spec: Mapping[str, Any], kind: str, component: Keys) -> Iterator[Point]:
    for index, _ in enumerate(spec.get("volumeClaimTemplates", ())):
        path = ("spec", "volumeClaimTemplates", index, "spec", "storageClassName")
        yield Point(path, (*component, "storageClass"), CLASS)
    where: Path = {"Pod": ("spec",), "CronJob": ("spec", "jobTemplate", "spec", "template", "spec")}.get(
        kind, ("spec", "template", "spec")
    )
    pod = at({"spec": spec}, where, {})
    for holder in ("initContainers", "containers"):
        for index, item in enumerate(pod.get(holder, ())):
            place = (*where, holder, index)
            yield Point((*place, "image"), (*component, "images", item["name"]), TEXT)
            if "resources" in item:
                yield Point((*place, "resources"), (*component, "resources", item["name"]), RESOURCES)


def _keys(services: Container[str], item: Manifest) -> Keys:
    """Where the values of an object stand: a service has one workload, a datastore may have several."""
    component, name = _component(item), str(item["metadata"]["name"])
    if component in services:
        return ("services", component)
    return ("datastores", component or name, name)


def _component(item: Manifest) -> str:
    """The service or datastore an object belongs to."""
    return str(item["metadata"].get("labels", {}).get(NAME, ""))


def _label(key: Identity) -> str:
    _, kind, namespace, name = key
    return "/".join(part for part in (kind, namespace, name) if part)


def _pointer(path: Path) -> str:
    return ".".join(str(step) for step in path)


_ABSENT: Final = object()


def at(node: Any, path: Path, absent: Any = None) -> Any:
    """What stands at ``path``, or ``absent``."""
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return absent
    return node


def override(base: Any, wanted: Any) -> Any:
    """What a further values file must say so that Helm merges ``base`` into ``wanted``: what differs, and null for what
    goes away."""
    changed = {}
    for key in [*base, *(key for key in wanted if key not in base)]:
        before, after = base.get(key), wanted.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            if inner := override(before, after):
                changed[key] = inner
        elif type(before) is not type(after) or before != after:
            changed[key] = after
    return changed
