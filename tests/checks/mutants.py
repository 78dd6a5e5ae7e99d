"""Ways to break manifests, one at a time, as people do: something deleted, renamed, lowered, moved."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from novaplan.importers.kubernetes.manifests import Manifest

Objects = list[Manifest]
Mutant = tuple[str, Objects]
"""What was done, and the objects after it."""

_WORKLOADS = ("Deployment", "StatefulSet")


def mutants(objects: Sequence[Manifest]) -> Iterator[Mutant]:
    """Every way, over every object that it fits."""
    for position, item in enumerate(objects):
        if item.spec.get("type") == "LoadBalancer" or item.name.endswith("-record"):
            continue  # nothing here says that the outside needs it, or reads it
        told = f"{item.kind} {item.namespace}/{item.name}"
        if item.kind in _DELETED:
            yield f"{told}: deleted", [*objects[:position], *objects[position + 1 :]]
        for name, change in _CHANGES.get(item.kind, ()):
            for done, value in _each(item.value, change):
                changed = Manifest(
                    item.kind,
                    value["metadata"]["name"],
                    value["metadata"].get("namespace"),
                    item.group,
                    item.api_version,
                    value,
                    item.file,
                    item.line,
                )
                yield f"{told}: {name}{done}", [*objects[:position], changed, *objects[position + 1 :]]


Change = Callable[[dict[str, Any]], Iterator[str]]
"""Changes its argument, and says what it did; runs once for each way: it is resumed on a fresh copy."""


def _each(value: dict[str, Any], change: Change) -> Iterator[tuple[str, dict[str, Any]]]:
    number = 0
    while True:
        fresh = copy.deepcopy(value)
        done = _nth(change(fresh), number)
        if done is None:
            return
        yield done, fresh
        number += 1


def _nth(ways: Iterator[str], number: int) -> str | None:
    """What way ``number`` did. A way is done when it is reached and undone when the next is asked for."""
    for index, done in enumerate(ways):
        if index == number:
            return done
    return None


def _pod(value: dict[str, Any]) -> dict[str, Any]:
    return value["spec"]["template"]["spec"]


def _rename(text: str) -> str:
    return f"{text}x"


def _containers(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [*_pod(value).get("initContainers", ()), *_pod(value)["containers"]]


# Each way yields while its change stands, and takes it back afterwards.


def _swap(node: dict[str, Any], key: str, new: Any, told: str) -> Iterator[str]:
    old = node[key]
    node[key] = new
    yield told
    node[key] = old


def _drop(node: dict[str, Any], key: str, told: str) -> Iterator[str]:
    if key in node:
        items = list(node.items())
        del node[key]
        yield told
        node.clear()
        node.update(items)


def _labels(value: dict[str, Any]) -> Iterator[str]:
    labels = value["spec"]["template"]["metadata"]["labels"]
    for key in list(value["spec"]["selector"]["matchLabels"])[:1]:
        yield from _swap(labels, key, _rename(labels[key]), f" {key}")


def _replicas(value: dict[str, Any]) -> Iterator[str]:
    if value["spec"].get("replicas", 1) > 1:
        yield from _swap(value["spec"], "replicas", 1, "")


def _governing(value: dict[str, Any]) -> Iterator[str]:
    if "serviceName" in value["spec"]:
        yield from _swap(value["spec"], "serviceName", _rename(value["spec"]["serviceName"]), "")


def _anti_affinity(value: dict[str, Any]) -> Iterator[str]:
    pod, both = _pod(value), ("affinity", "topologySpreadConstraints")
    kept = {key: pod.pop(key) for key in both if key in pod}
    if kept:
        yield ""
        pod.update(kept)


def _probes(value: dict[str, Any]) -> Iterator[str]:
    for container in _pod(value)["containers"]:
        if container.get("ports"):
            yield from _drop(container, "readinessProbe", f" of {container['name']}")


def _probe_ports(value: dict[str, Any]) -> Iterator[str]:
    for container in _pod(value)["containers"]:
        for kind in ("readinessProbe", "livenessProbe"):
            for action in ("httpGet", "tcpSocket"):
                node = container.get(kind, {}).get(action)
                if node and isinstance(node["port"], int | str):
                    new = 9 if isinstance(node["port"], int) else _rename(node["port"])
                    yield from _swap(node, "port", new, f" of {container['name']} {kind}")


def _limits(value: dict[str, Any]) -> Iterator[str]:
    for container in _pod(value)["containers"]:
        yield from _drop(container, "resources", f" of {container['name']}")


def _mounts(value: dict[str, Any]) -> Iterator[str]:
    for container in _pod(value)["containers"]:
        for mount in container.get("volumeMounts", ())[:1]:
            yield from _swap(mount, "name", _rename(mount["name"]), f" of {container['name']}")


def _sources(value: dict[str, Any]) -> Iterator[str]:
    for volume in _pod(value).get("volumes", ()):
        for kind, key in (("configMap", "name"), ("secret", "secretName")):
            if kind in volume:
                yield from _swap(volume[kind], key, _rename(volume[kind][key]), f" {kind} {volume['name']}")


def _secret_keys(value: dict[str, Any]) -> Iterator[str]:
    for container in _containers(value):
        for item in container.get("env", ()):
            source = item.get("valueFrom", {})
            for kind in ("secretKeyRef", "configMapKeyRef"):
                if kind in source:
                    yield from _swap(source[kind], "key", _rename(source[kind]["key"]), f" of {item['name']}")
                    break


def _hosts(value: dict[str, Any]) -> Iterator[str]:
    for container in _containers(value):
        for item in container.get("env", ()):
            text = item.get("value")
            found = re.search(r"([a-z0-9-]+)(\.[a-z0-9-]+\.svc)", text) if isinstance(text, str) else None
            if found:
                new = text.replace(found[0], f"{found[1]}x{found[2]}")
                yield from _swap(item, "value", new, f" of {item['name']}")


def _images(value: dict[str, Any]) -> Iterator[str]:
    for container in _pod(value)["containers"]:
        path = container["image"].partition("@")[0].rpartition(":")[0]
        if path and not container["image"].endswith(":latest"):
            yield from _swap(container, "image", path, f" of {container['name']}")


def _non_root(value: dict[str, Any]) -> Iterator[str]:
    for container in _pod(value)["containers"]:
        context = container.get("securityContext")
        if context:
            yield from _swap(container, "securityContext", {**context, "privileged": True}, f" of {container['name']}")


def _grace(value: dict[str, Any]) -> Iterator[str]:
    hooks = [container.get("lifecycle", {}).get("preStop") for container in _pod(value)["containers"]]
    if any(hooks) and value["kind"] == "Deployment":
        yield from _swap(_pod(value), "terminationGracePeriodSeconds", 1, "")


def _claims(value: dict[str, Any]) -> Iterator[str]:
    yield from _drop(value["spec"], "volumeClaimTemplates", "")


def _selector(value: dict[str, Any]) -> Iterator[str]:
    selector = value["spec"].get("selector") or {}
    for key in list(selector)[:1]:
        yield from _swap(selector, key, _rename(selector[key]), f" {key}")


def _target_port(value: dict[str, Any]) -> Iterator[str]:
    for port in value["spec"].get("ports", ()):
        new = 9 if isinstance(port.get("targetPort", port["port"]), int) else _rename(port["targetPort"])
        old = port.get("targetPort")
        port["targetPort"] = new
        yield f" {port.get('name', port['port'])}"
        if old is None:
            del port["targetPort"]
        else:
            port["targetPort"] = old


def _name(value: dict[str, Any]) -> Iterator[str]:
    yield from _swap(value["metadata"], "name", _rename(value["metadata"]["name"]), "")


def _namespace(value: dict[str, Any]) -> Iterator[str]:
    yield from _swap(value["metadata"], "namespace", "elsewhere", "")


def _data_keys(value: dict[str, Any]) -> Iterator[str]:
    data = value.get("data") or {}
    for key in [key for key in data if "." in key]:  # a file; a variable of any other name may be another variable
        items = list(data.items())
        value["data"] = {_rename(name) if name == key else name: text for name, text in items}
        yield f" {key}"
        value["data"] = data


def _budget(value: dict[str, Any]) -> Iterator[str]:
    if "minAvailable" in value["spec"]:
        yield from _swap(value["spec"], "minAvailable", 99, " above everything")
        yield from _swap(value["spec"], "selector", {"matchLabels": {"app": "nobody"}}, " of nobody")


def _bounds(value: dict[str, Any]) -> Iterator[str]:
    yield from _swap(value["spec"], "minReplicas", value["spec"]["maxReplicas"] + 1, "")
    target = value["spec"]["scaleTargetRef"]
    yield from _swap(target, "name", _rename(target["name"]), " of nobody")


def _backends(value: dict[str, Any]) -> Iterator[str]:
    for rule in value["spec"]["rules"]:
        for path in rule["http"]["paths"][:3]:
            service = path["backend"]["service"]
            yield from _swap(service, "name", _rename(service["name"]), f" {path['path']}")
            yield from _swap(service, "port", {"number": 9}, f" {path['path']} port")


def _tls(value: dict[str, Any]) -> Iterator[str]:
    yield from _drop(value["spec"], "tls", "")


def _lines(value: dict[str, Any]) -> Iterator[str]:
    """Numbers and names in configuration files."""
    data = value.get("data") or {}
    for key, text in list(data.items()):
        for pattern, new in _TEXTS:
            found = re.search(pattern, text, re.MULTILINE) if isinstance(text, str) else None
            if found:
                yield from _swap(data, key, text[: found.start()] + new + text[found.end() :], f" {key}: {found[0]}")


_TEXTS = (
    (r"(?<=maxmemory )\d+\w*", "64gb"),
    (r"^(?=appendonly )", "no-such-directive yes\n"),
    (r"(?<=maxmemory-policy )noeviction", "allkeys-lru"),
    (r"(?<=^dir )/\S+", "/nowhere"),
)

_DELETED = frozenset({"Service", "Secret", "ConfigMap", "Namespace", "ServiceAccount", "PodDisruptionBudget",
                      "StatefulSet", "Deployment", "NetworkPolicy"})  # fmt: skip
_POD_CHANGES: tuple[tuple[str, Change], ...] = (
    ("label", _labels),
    ("one replica", _replicas),
    ("governing service", _governing),
    ("no affinity", _anti_affinity),
    ("no readiness", _probes),
    ("probed port", _probe_ports),
    ("no resources", _limits),
    ("mount", _mounts),
    ("source", _sources),
    ("key", _secret_keys),
    ("host", _hosts),
    ("image", _images),
    ("privileged", _non_root),
    ("grace", _grace),
    ("no claims", _claims),
    ("namespace", _namespace),
)
_CHANGES: dict[str, tuple[tuple[str, Change], ...]] = {
    **dict.fromkeys(_WORKLOADS, _POD_CHANGES),
    "Service": (("selector", _selector), ("target port", _target_port), ("name", _name), ("namespace", _namespace)),
    "ConfigMap": (("key", _data_keys), ("text", _lines), ("name", _name)),
    "Secret": (("name", _name), ("namespace", _namespace)),
    "PodDisruptionBudget": (("budget", _budget),),
    "HorizontalPodAutoscaler": (("bounds", _bounds),),
    "Ingress": (("backend", _backends), ("no tls", _tls)),
}
