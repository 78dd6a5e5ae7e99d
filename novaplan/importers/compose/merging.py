"""How one definition goes over another: several files, and a service over the one that it extends.

Maps merge key by key, lists append, anything else is replaced; the tables below name what compose treats otherwise. The
result keeps the place of each value it took.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from novaplan.errors import InputError
from novaplan.importers.compose.nodes import OVERRIDE, RESET, Field, Node, text_of
from novaplan.importers.compose.volumes import split_volume

# Paths below a service. What is replaced whole:
_REPLACED: Final = frozenset({"command", "entrypoint", "healthcheck.test"})
# What may be written as a list of 'key=value' or as a map, and merges by key:
_PAIRS: Final = {
    "environment": "=",
    "labels": "=",
    "annotations": "=",
    "sysctls": "=",
    "build.args": "=",
    "build.labels": "=",
    "build.additional_contexts": "=",
    "deploy.labels": "=",
    "extra_hosts": "=:",
    "build.extra_hosts": "=:",
}
# What may be written as a list of names or as a map of names:
_NAMES: Final = frozenset({"depends_on", "networks", "models"})
# What may be written as one value or as a list:
_SINGLE_OR_LIST: Final = frozenset({"env_file", "label_file", "dns", "dns_search", "dns_opt", "tmpfs"})


def by_key(field: Field) -> Field:
    """A field of a service, whichever of its written forms it has, in the one that goes by key."""
    path = field.path.split(".", 2)[2]
    return Field(_in_one_form(field.node, path, field.path), field.path)


def _in_one_form(node: Node, path: str, field: str) -> Node:
    """A field of a service (``path`` below the service) in the one of its written forms that merges by key."""
    value = node.value
    if path in _PAIRS and isinstance(value, list):
        return _keyed(node, dict(_pair(item, _PAIRS[path], field) for item in value))
    if path in _NAMES and isinstance(value, list):
        return _keyed(node, {_plain(item, field): item.of(None) for item in value})
    if path in _SINGLE_OR_LIST and value is not None and not isinstance(value, list):
        return Node([node.untagged()], node.origin, node.line, node.tag)
    if path == "build" and isinstance(value, str):
        return _keyed(node, {"context": node.untagged()})
    return node


def settle(node: Node) -> Node:
    """``node`` with no merge left to come: what is tagged ``!reset`` is gone, and no tag remains."""
    return _settle(node, {})


def _settle(node: Node, known: dict[int, Node]) -> Node:
    # What an anchor is repeated at is one node, and settled once.
    if id(node) in known:
        return known[id(node)]
    value = node.value
    result = node.untagged()
    if isinstance(value, dict):
        kept = {key: _settle(item, known) for key, item in value.items() if item.tag != RESET}
        if len(kept) != len(value) or any(kept[key] is not value[key] for key in kept):
            result = node.of(kept)
    elif isinstance(value, list):
        items = [_settle(item, known) for item in value if item.tag != RESET]
        if len(items) != len(value) or any(one is not two for one, two in zip(items, value, strict=True)):
            result = node.of(items)
    known[id(node)] = result
    return result


def merge_service(base: Node, over: Node, field: str, *, keep_tags: bool = False) -> Node:
    """The service ``over`` on top of the service ``base``, as files are merged and services extended.

    ``keep_tags`` leaves the tags of ``over`` in the result, for a further merge that they are meant for too. ``field``
    is the path of the service, for errors. Raises InputError when the two have different shapes.
    """
    return _Merge(field, keep_tags).maps(base, over, "")


def merge_plain(base: Node, over: Node, field: str) -> Node:
    """``over`` on top of ``base`` for what has no rules of its own: networks, volumes, configs, secrets."""
    return _Merge(field, False).nodes(base, over, "/")


class _Merge:
    def __init__(self, field: str, keep_tags: bool) -> None:
        self._field = field
        self._keep_tags = keep_tags

    def nodes(self, base: Node, over: Node, path: str) -> Node:
        field = self._field_of(path)
        base, over = _in_one_form(base, path, field), _in_one_form(over, path, field)
        if path in _REPLACED:
            return over
        if base.value is None:
            return over if self._keep_tags else settle(over)
        if isinstance(base.value, (dict, list)):
            if over.value is None:
                return base
            if type(over.value) is not type(base.value):
                message = f"is a {_shape(over)}, and merges with a {_shape(base)} at {base.origin.file}:{base.line}"
                raise InputError(message, file=over.origin.file, line=over.line, field=field)
            return self.maps(base, over, path) if isinstance(base.value, dict) else self._lists(base, over, path)
        return over

    def maps(self, base: Node, over: Node, path: str) -> Node:
        merged = dict(base.value)
        for key, item in over.value.items():
            inner = f"{path}.{key}" if path else key
            if item.tag in (RESET, OVERRIDE) and self._keep_tags:
                merged[key] = item
            elif item.tag == RESET:
                merged.pop(key, None)
            elif key in merged and item.tag != OVERRIDE and not key.startswith("x-"):
                merged[key] = self.nodes(merged[key], item, inner)
            else:
                merged[key] = item if self._keep_tags else settle(item)
        # A map stands where it was written first; what is in it knows better.
        return base.of(merged)

    def _lists(self, base: Node, over: Node, path: str) -> Node:
        added = [item for item in over.value if item.tag != RESET]
        items = [*base.value, *(added if self._keep_tags else map(settle, added))]
        identify = _identity(path)
        if identify is None:
            return over.of(items)
        unique: dict[str, Node] = {}
        for item in items:
            unique[identify(item)] = item  # the later one takes the place of the earlier one
        return over.of(list(unique.values()))

    def _field_of(self, path: str) -> str:
        return self._field if path in ("", "/") else f"{self._field}.{path.removeprefix('/.')}"


def _keyed(node: Node, value: dict[str, Node]) -> Node:
    return Node(value, node.origin, node.line, node.tag)


def _pair(item: Node, separators: str, field: str) -> tuple[str, Node]:
    text = _plain(item, field)
    for separator in separators:
        key, found, value = text.partition(separator)
        if found:
            return key, Node(value, item.origin, item.line, item.tag)
    return text, Node(None, item.origin, item.line, item.tag)


def _plain(item: Node, field: str) -> str:
    return Field(item, field).text()


def _shape(node: Node) -> str:
    return "map" if isinstance(node.value, dict) else "list" if isinstance(node.value, list) else "single value"


def _identity(path: str) -> Callable[[Node], str] | None:
    """What tells the items of a list apart; None when every item stays."""
    known = _IDENTITIES.get(path)
    if known is None and path.startswith("networks.") and path.endswith(".aliases"):
        return _whole
    return known


def _whole(item: Node) -> str:
    """Plain items are told apart by what they say; anything larger is only ever itself."""
    return f"#{id(item)}" if isinstance(item.value, (dict, list)) else text_of(item.value)


def _by_key(key: str, default: str = "") -> Callable[[Node], str]:
    def identify(item: Node) -> str:
        found = item.value.get(key) if isinstance(item.value, dict) else item
        return _whole(found) if found is not None else default + _whole(item)

    return identify


def _mount(folder: str) -> Callable[[Node], str]:
    """A config or secret is told by where it is mounted, which is its name when nothing else is said."""

    def identify(item: Node) -> str:
        value = item.value
        if not isinstance(value, dict):
            return folder + _whole(item)
        if "target" in value:
            target = _whole(value["target"])
            return target if target.startswith("/") else folder + target
        return folder + (_whole(value["source"]) if "source" in value else "")

    return identify


def _volume(item: Node) -> str:
    if isinstance(item.value, dict):
        return _whole(item.value["target"]) if "target" in item.value else _whole(item)
    return split_volume(_whole(item)).target


def _port(item: Node) -> str:
    value = item.value
    if not isinstance(value, dict):
        return _whole(item)
    parts = {key: _whole(value[key]) if key in value else "" for key in ("host_ip", "published", "target", "protocol")}
    address = f"{parts['host_ip']}:" if parts["host_ip"] else ""
    published = f"{parts['published']}:" if parts["published"] or address else ""
    protocol = f"/{parts['protocol']}" if parts["protocol"] not in ("", "tcp") else ""
    return address + published + parts["target"] + protocol


_IDENTITIES: Final[dict[str, Callable[[Node], str]]] = {
    "ports": _port,
    "volumes": _volume,
    "secrets": _mount("/run/secrets/"),
    "configs": _mount("/"),
    "devices": _volume,
    "env_file": _by_key("path"),
    **dict.fromkeys(
        (
            "expose",
            "links",
            "external_links",
            "profiles",
            "dns",
            "dns_search",
            "dns_opt",
            "tmpfs",
            "cap_add",
            "cap_drop",
            "security_opt",
            "label_file",
            "volumes_from",
        ),
        _whole,
    ),
}
