"""The two kinds of patches that kustomize knows: strategic merges, and JSON patches (RFC 6902)."""

from __future__ import annotations

from typing import Any, Final

from novaplan.importers.kubernetes import trees

# By which field the items of a list are the same item. A list that is not named here is replaced as a whole.
_MERGE_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "ports": ("containerPort", "port"),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "ownerReferences": ("uid",),
}
_DIRECTIVE: Final = "$patch"
_PATCH_ONLY: Final = ("$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList")


class PatchError(ValueError):
    """A patch does not fit what it patches. The message quotes no value."""


def merge(base: dict[str, Any], patch: dict[str, Any], *, by_key: bool = True) -> bool:
    """Merge ``patch`` into ``base`` as Kubernetes does; False when the patch deletes the whole.

    ``by_key`` says that the items of known lists are merged; custom resources have their lists replaced.
    """
    directive = patch.get(_DIRECTIVE)
    if directive == "delete":
        return False
    if directive == "replace":
        for key in [key for key in base if key not in ("apiVersion", "kind", "metadata")]:
            trees.drop(base, key)
    for key, value in patch.items():
        if key.startswith(_PATCH_ONLY):
            continue
        if value is None:
            trees.drop(base, key)
        elif isinstance(value, dict):
            _merge_map(base, key, value, by_key)
        elif isinstance(value, list) and by_key and isinstance(base.get(key), list) and key in _MERGE_KEYS:
            _merge_list(base[key], value, _MERGE_KEYS[key])
        else:
            trees.put(base, key, trees.relocated(_plain(value), getattr(base, "line", 1)))
    return True


def _merge_map(base: dict[str, Any], key: str, value: dict[str, Any], by_key: bool) -> None:
    current = base.get(key)
    if value.get(_DIRECTIVE) == "replace" or not isinstance(current, dict):
        current = trees.new_map(getattr(base, "line", 1))
        trees.put(base, key, current)
    if not merge(current, value, by_key=by_key):
        trees.drop(base, key)


def _merge_list(base: list[Any], patch: list[Any], keys: tuple[str, ...]) -> None:
    if any(isinstance(item, dict) and item.get(_DIRECTIVE) == "replace" and len(item) == 1 for item in patch):
        while base:
            trees.remove(base, 0)
    for item in patch:
        if not isinstance(item, dict):
            if item not in base:
                trees.insert(base, len(base), item)
            continue
        if item.get(_DIRECTIVE) == "replace" and len(item) == 1:
            continue
        index = _same(base, item, keys)
        if index is None:
            if item.get(_DIRECTIVE) != "delete":
                trees.insert(base, len(base), trees.relocated(_plain(item), getattr(base, "line", 1)))
        elif item.get(_DIRECTIVE) == "delete":
            trees.remove(base, index)
        else:
            merge(base[index], item)


def _same(base: list[Any], item: dict[str, Any], keys: tuple[str, ...]) -> int | None:
    key = next((key for key in keys if key in item), None)
    if key is None:
        return None
    for index, other in enumerate(base):
        if isinstance(other, dict) and other.get(key) == item[key]:
            return index
    return None


def _plain(value: Any) -> Any:
    """``value`` without what only steers the merge."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if not key.startswith(_PATCH_ONLY)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def apply(document: Any, operations: list[Any]) -> Any:
    """``document`` after a JSON patch. Raises PatchError when an operation does not fit it."""
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise PatchError("each operation of a JSON patch needs an op and a path")
        document = _operate(document, operation)
    return document


def _operate(document: Any, operation: dict[str, Any]) -> Any:
    kind, path = operation.get("op"), _steps(operation["path"])
    if kind == "test":
        if _get(document, path) != operation.get("value"):
            raise PatchError(f"the test of {operation['path']!r} fails")
        return document
    if kind == "remove":
        _take(document, path)
        return document
    if kind in ("move", "copy"):
        source = _steps(str(operation.get("from", "")))
        value = trees.clone(_get(document, source))
        if kind == "move":
            _take(document, source)
        return _put(document, path, value, adding=True)
    if kind in ("add", "replace"):
        if "value" not in operation:
            raise PatchError(f"the operation {kind!r} of {operation['path']!r} needs a value")
        return _put(document, path, operation["value"], adding=kind == "add")
    raise PatchError("an operation of a JSON patch is add, remove, replace, move, copy or test")


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise PatchError(f"the path {pointer!r} must start with a slash")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _get(node: Any, path: list[str]) -> Any:
    for step in path:
        if isinstance(node, dict) and step in node:
            node = node[step]
        elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
        else:
            raise PatchError(f"there is no {step!r} where the path leads")
    return node


def _take(document: Any, path: list[str]) -> None:
    if not path:
        raise PatchError("the whole object cannot be removed by a JSON patch")
    parent = _get(document, path[:-1])
    _get(parent, path[-1:])
    if isinstance(parent, dict):
        trees.drop(parent, path[-1])
    else:
        trees.remove(parent, int(path[-1]))


def _put(document: Any, path: list[str], value: Any, *, adding: bool) -> Any:
    if not path:
        return trees.relocated(value, getattr(document, "line", 1))
    parent, last = _get(document, path[:-1]), path[-1]
    made = trees.relocated(value, getattr(parent, "line", 1))
    if isinstance(parent, dict):
        if not adding:
            _get(parent, [last])
        trees.put(parent, last, made)
    elif isinstance(parent, list):
        index = len(parent) if last == "-" else int(last) if last.isdecimal() else -1
        if not 0 <= index <= len(parent) - (not adding):
            raise PatchError(f"there is no place {last!r} in the list")
        if adding:
            trees.insert(parent, index, made)
        else:
            parent[index] = made
    else:
        raise PatchError(f"there is no {last!r} where the path leads")
    return document
