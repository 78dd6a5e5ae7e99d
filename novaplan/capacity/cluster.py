"""The nodes of a running cluster, from what ``kubectl get nodes -o json`` writes; ``kubectl get nodes,csinodes`` also
says how many volumes can be attached."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from novaplan import quantity
from novaplan.capacity.nodes import KIND_KEYS, PODS, ZONE_KEYS, Kind, Node, Nodes, Taint, closed_by
from novaplan.documents.positions import Document
from novaplan.errors import NodesError, Problem
from novaplan.topology.validation import placed

_ATTACHABLE = "attachable-volumes-"
_KINDS = {"List", "NodeList", "Node"}


def nodes_of_cluster(document: Document) -> Nodes:
    """The nodes in a ``List`` of objects, or one ``Node``. Objects other than Node and CSINode are passed over.

    Raises ``NodesError`` with every problem.
    """
    body = document.value
    if body.get("kind") not in _KINDS:
        what = f"holds a {body.get('kind')}, not nodes" if body.get("kind") else "does not say its kind"
        raise NodesError(f"{what}; write it with 'kubectl get nodes -o json'", file=document.file, line=document.line)
    single = body.get("kind") == "Node"
    items = [body] if single else body.get("items")
    if not isinstance(items, list):
        raise NodesError([placed(document, ("items",), "should be a list of nodes")])
    found = _Reading(document, () if single else ("items",))
    nodes = [found.node(index, item) for index, item in enumerate(items) if _kind(item, body) == "Node"]
    volumes = {_name(item): _csi_volumes(item) for item in items if _kind(item, body) == "CSINode"}
    if found.problems:
        raise NodesError(found.problems)
    if not nodes:
        raise NodesError("holds no node; write it with 'kubectl get nodes -o json'", file=document.file)
    from dataclasses import replace

    read = [replace(node, volumes=volumes[node.name]) if volumes.get(node.name) else node for node in nodes if node]
    unique = {node.name: node for node in read}
    if len(unique) < len(read):
        raise NodesError("two nodes have one name; a cluster has one of each name", file=document.file)
    ordered = tuple(unique[name] for name in sorted(unique))
    return Nodes(document.file, ordered, tuple(_kinds(ordered)))


def _kind(item: Any, body: dict[str, Any]) -> str:
    """The kind of an item; those of a NodeList may leave it out."""
    default = "Node" if body.get("kind") == "NodeList" else ""
    return str(item.get("kind") or default) if isinstance(item, dict) else "Node"


def _name(item: Any) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _csi_volumes(item: dict[str, Any]) -> int | None:
    """The smallest limit of the drivers that state one: which of them a claim uses is not known here."""
    spec = item.get("spec")
    drivers = spec.get("drivers") if isinstance(spec, dict) else None
    limits = []
    for driver in drivers if isinstance(drivers, list) else []:
        allocatable = driver.get("allocatable") if isinstance(driver, dict) else None
        count = allocatable.get("count") if isinstance(allocatable, dict) else None
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            limits.append(count)
    return min(limits, default=None)


class _Reading:
    """Reads the nodes of one document and gathers what is wrong with them."""

    def __init__(self, document: Document, prefix: tuple[str | int, ...]) -> None:
        self.document = document
        self.prefix = prefix
        self.problems: list[Problem] = []

    def node(self, index: int, item: Any) -> Node | None:
        path = (*self.prefix, index) if self.prefix else ()
        if not isinstance(item, dict):
            self._wrong(path, "should be a node")
            return None
        metadata, spec, status = (self._mapping(item, path, name) for name in ("metadata", "spec", "status"))
        name = metadata.get("name")
        if not isinstance(name, str) or not name:
            self._wrong((*path, "metadata", "name"), "is required")
            return None
        allocatable = self._mapping(status, (*path, "status"), "allocatable")
        place = (*path, "status", "allocatable")
        cpu = self._amount(allocatable, place, "cpu", quantity.parse_millicores)
        memory = self._amount(allocatable, place, "memory", quantity.parse_bytes)
        pods = self._amount(allocatable, place, "pods", quantity.parse_bytes, absent=PODS)
        labels = {str(key): str(value) for key, value in self._mapping(metadata, (*path, "metadata"), "labels").items()}
        attachable = [
            self._amount(allocatable, place, key, quantity.parse_bytes) for key in sorted(map(str, allocatable))
            if key.startswith(_ATTACHABLE)
        ]  # fmt: skip
        closed = "unschedulable" if spec.get("unschedulable") is True else closed_by(self._taints(spec, path))
        return Node(
            name=name,
            cpu_millicores=cpu,
            memory_bytes=memory,
            pods=pods,
            volumes=min(attachable, default=None),
            zone=next((labels[key] for key in ZONE_KEYS if labels.get(key)), None),
            kind=next((labels[key] for key in KIND_KEYS if labels.get(key)), ""),
            labels=tuple(sorted(labels.items())),
            closed=closed,
        )

    def _wrong(self, path: tuple[str | int, ...], message: str) -> None:
        # ``placed`` would leave out the steps that the document lacks; of a missing figure they are what matters.
        field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
        self.problems.append(Problem(message, self.document.file, self.document.line_of(path), field or None))

    def _mapping(self, holder: dict[str, Any], path: tuple[str | int, ...], name: str) -> dict[str, Any]:
        value = holder.get(name)
        if value is not None and not isinstance(value, dict):
            self._wrong((*path, name), "should be a mapping of fields")
        return value if isinstance(value, dict) else {}

    def _amount(
        self,
        holder: dict[str, Any],
        path: tuple[str | int, ...],
        name: str,
        parse: Callable[[Any], int],
        absent: int | None = None,
    ) -> int:
        if name not in holder and absent is not None:
            return absent
        if name not in holder:
            self._wrong((*path, name), "is required: a node without capacity takes no pod")
            return 0
        try:
            value = parse(holder[name])
        except ValueError as error:
            self._wrong((*path, name), str(error))
            return 0
        if value == 0 and not name.startswith(_ATTACHABLE):
            self._wrong((*path, name), "is 0: a node without capacity takes no pod")
        return value

    def _taints(self, spec: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Taint]:
        taints = spec.get("taints") or []
        for index, item in enumerate(taints if isinstance(taints, list) else []):
            key, effect = (item.get("key"), item.get("effect")) if isinstance(item, dict) else (None, None)
            if not isinstance(key, str) or effect not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
                self._wrong((*path, "spec", "taints", index), "should have a key and an effect")
                continue
            yield Taint.model_construct(key=key, value=str(item.get("value") or ""), effect=effect)


def _kinds(nodes: tuple[Node, ...]) -> Iterator[Kind]:
    """Nodes of one instance type as a kind: the least that any of them has, in the zones where they are."""
    names = sorted({node.kind for node in nodes if re.fullmatch(r"\S+", node.kind)})
    for name in names:
        alike = [node for node in nodes if node.kind == name]
        limits = [node.volumes for node in alike if node.volumes is not None]
        yield Kind.model_construct(
            name=name,
            cpu=min(node.cpu_millicores for node in alike),
            memory=min(node.memory_bytes for node in alike),
            pods=min(node.pods for node in alike),
            volumes=min(limits, default=None),
            zones=tuple(sorted({node.zone for node in alike if node.zone})),
            labels={},
            taints=(),
            description="",
            price_per_month=None,
        )
