"""The parts of a topology, each under an address of its own.

A part is a component without the components inside it: a service without its ports, a datastore without its databases.
Lineage and differences speak of parts; ``split`` and ``join`` are each other's inverse.

An address is the kind and the path of names: ``service:api``, ``port:api/http``, ``schema:postgres/shop/public``. A
slash or per cent sign inside a name is written as in a URL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, get_args

from novaplan.topology.base import Model, replace
from novaplan.topology.datastore import LogicalDB
from novaplan.topology.system import PROVENANCE, Topology
from novaplan.topology.wiring import Dependency, Route, Unmodelled

SYSTEM = "system:"
"""The address of the topology itself: its name and description."""

_CHILDREN: dict[str, dict[str, str]] = {
    "system": {
        "namespaces": "namespace",
        "services": "service",
        "datastores": "datastore",
        "externals": "external",
        "dependencies": "dependency",
        "routes": "route",
        "secrets": "secret",
        "unmodelled": "object",
    },
    "service": {"containers": "container", "ports": "port", "flags": "flag", "volumes": "volume"},
    "container": {"env": "env"},
    "datastore": {
        "databases": "database",
        "logical_dbs": "logical-db",
        "topics": "topic",
        "consumer_groups": "consumer-group",
    },
    "database": {"schemas": "schema"},
    "secret": {"keys": "secret-key"},
}
"""For each kind of part, the fields that hold parts of their own, and of which kind those are."""

_PARENT = {child: kind for kind, children in _CHILDREN.items() for child in children.values()}

KINDS = tuple(kind for children in _CHILDREN.values() for kind in children.values())
"""Every kind of part, in the order a reader wants them."""


def quote(name: str) -> str:
    """``name`` as one segment of an address."""
    return name.replace("%", "%25").replace("/", "%2F")


def kind_of(address: str) -> str:
    """The kind of part an address speaks of."""
    return address.partition(":")[0]


def path_of(address: str) -> str:
    """What an address says after the kind."""
    return address.partition(":")[2]


def label_of(address: str) -> str:
    """What an address says after the kind, for people: without the quoting."""
    return path_of(address).replace("%2F", "/").replace("%25", "%")


def dependency_address(edge: Dependency) -> str:
    """``dependency:orders->postgres/writes/shop``."""
    client, server, *rest = edge.key
    return "dependency:" + "/".join([f"{client}->{server}", *map(quote, rest)])


def route_address(route: Route) -> str:
    """``route:example.org/api``; a pattern or an exact path says so."""
    host, listen, path, match = route.key
    port = f":{listen}" if listen else ""
    return f"route:{host}{port}{path}" + ("" if match == "prefix" else f" ({match})")


def secret_address(name: str, namespace: str | None) -> str:
    """``secret:namespace/name``."""
    return "secret:" + "/".join(quote(item) for item in (namespace, name) if item is not None)


def _object_address(item: Unmodelled) -> str:
    return "object:" + "/".join(quote(text) for text in (item.kind, item.namespace, item.name) if text is not None)


_OWN_ADDRESS: dict[str, Callable[[Any], str]] = {
    "dependency": dependency_address,
    "route": route_address,
    "secret": lambda secret: secret_address(secret.name, secret.namespace),
    "object": _object_address,
}


def address(kind: str, *names: str | int) -> str:
    """The address of a part that is known by its path of names."""
    return f"{kind}:" + "/".join(quote(str(name)) for name in names)


def own_address(kind: str, part: Any, inside: str = SYSTEM) -> str:
    """The address of ``part``, which stands in the part at ``inside``."""
    special = _OWN_ADDRESS.get(kind)
    if special is not None:
        return special(part)
    path = path_of(inside)
    return f"{kind}:{path}/{quote(str(_identity(part)))}" if path else f"{kind}:{quote(str(_identity(part)))}"


@cache
def model_of(kind: str) -> type[Model]:
    """The class of the parts of a kind. Raises ``KeyError`` for a kind that there is none of."""
    if kind == kind_of(SYSTEM):
        return Topology
    parent = _PARENT[kind]
    field = next(field for field, child in _CHILDREN[parent].items() if child == kind)
    found: type[Model] = get_args(model_of(parent).model_fields[field].annotation)[0]
    return found


def holds_parts(kind: str) -> bool:
    """Whether a part of this kind may have others in it."""
    return kind in _CHILDREN


def own_fields(kind: str) -> frozenset[str]:
    """The fields of a kind of part that say what it is: not those that hold parts, not provenance, not lineage."""
    return frozenset(model_of(kind).model_fields.keys() - _CHILDREN.get(kind, {}).keys() - PROVENANCE - {"lineage"})


def part_at(path: Sequence[str | int], components: Mapping[str, Sequence[str]]) -> tuple[str, tuple[str, ...]]:
    """The part that a path of ``consistency`` leads to, and what the path says after it.

    ``components`` are the addresses of each kind, in the order in which their models stood in the topology.
    """
    own, rest = SYSTEM, list(path)
    while len(rest) > 1 and (child := _CHILDREN.get(kind_of(own), {}).get(str(rest[0]))):
        known = isinstance(rest[1], int)
        own = components[child][int(rest[1])] if known else f"{child}:{path_of(own)}/{quote(str(rest[1]))}"
        rest = rest[2:]
    return own, tuple(map(str, rest))


def components(topology: Topology, *kinds: str) -> dict[str, Model]:
    """The parts of these kinds that stand in the topology itself, whole, by address."""
    wanted = ((field, kind) for field, kind in _CHILDREN["system"].items() if kind in kinds)
    return {own_address(kind, part): part for field, kind in wanted for part in getattr(topology, field)}


def split(topology: Topology) -> dict[str, Model]:
    """Every part by address; the topology itself, without lineage, stands under ``SYSTEM``."""
    found: dict[str, Model] = {}
    _split(replace(topology, lineage=None), SYSTEM, found)
    return found


def _split(model: Model, own: str, found: dict[str, Model]) -> None:
    children = _CHILDREN.get(kind_of(own))
    if children is None:
        found[own] = model
        return
    found[own] = replace(model, **dict.fromkeys(children, ()))
    for field, child_kind in children.items():
        for child in getattr(model, field):
            _split(child, own_address(child_kind, child, own), found)


def join(parts: Mapping[str, Model]) -> Topology:
    """The topology that ``parts`` make up, without lineage.

    Raises ``TopologyError`` when they do not fit each other, and ``KeyError`` when the part that one belongs to is
    missing.
    """
    inside: dict[str, list[str]] = defaultdict(list)
    for own in parts:
        if own != SYSTEM:
            inside[parent_of(own)].append(own)
    for parent, children in inside.items():
        if parent not in parts:
            raise KeyError(f"{children[0]} belongs to {parent}, which is missing")
    root = _join(SYSTEM, parts, inside)
    return Topology(**{name: getattr(root, name) for name in Topology.model_fields})


def _join(own: str, parts: Mapping[str, Model], inside: Mapping[str, list[str]]) -> Model:
    model = parts[own]
    children = _CHILDREN.get(kind_of(own))
    if children is None:
        return model
    fields = {kind: field for field, kind in children.items()}
    grown: dict[str, list[Model]] = {field: [] for field in children}
    for child in inside.get(own, ()):
        grown[fields[kind_of(child)]].append(_join(child, parts, inside))
    for items in grown.values():
        if own != SYSTEM:  # the topology sorts what stands directly in it
            items.sort(key=_identity)
    return replace(model, **{field: tuple(items) for field, items in grown.items()})


def parent_of(own: str) -> str:
    """The address of the part that ``own`` stands in."""
    kind = _PARENT[kind_of(own)]
    return SYSTEM if kind == "system" else f"{kind}:{path_of(own).rpartition('/')[0]}"


def _identity(child: Any) -> Any:
    """A logical DB has a number where everything else has a name."""
    return child.index if isinstance(child, LogicalDB) else child.name
