"""The nodes pods run on: from a file in ``models/``, or as ``kubectl get nodes -o json`` writes them.

``models/nodes.yaml`` holds kinds of nodes, with example prices, and a pool: how many nodes of which kind there are.
Of a cluster, ``allocatable`` counts: what is left for pods after the system's own share
(https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/). It does not say what runs already.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from novaplan.documents import files, reader
from novaplan.documents.positions import Document
from novaplan.errors import NodesError, Problem, nearest
from novaplan.topology.base import Bytes, Count, Label, Millicores, Model, Positive, duplicates
from novaplan.topology.validation import placed, validate

HOSTNAME = "kubernetes.io/hostname"
ZONE_KEYS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
KIND_KEYS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
PODS = 110
"""Pods a kubelet takes when nothing else is said (``maxPods`` of its configuration)."""

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


def _some(value: int) -> int:
    if value <= 0:
        raise PydanticCustomError("capacity", "is 0: a node without capacity takes no pod")
    return value


def _cents(value: Any) -> int:
    try:
        amount = Decimal(str(value)) * 100
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or amount != int(amount) or not 0 <= amount < 10**15:
        raise PydanticCustomError("price", "is not an amount of money such as 61.20")
    return int(amount)


def format_cents(cents: int) -> str:
    """``61.20`` from 6120."""
    return f"{cents // 100}.{cents % 100:02}"


if TYPE_CHECKING:
    SomeCPU = int
    SomeMemory = int
    Cents = int
else:
    SomeCPU = Annotated[Millicores, AfterValidator(_some)]
    SomeMemory = Annotated[Bytes, AfterValidator(_some)]
    Cents = Annotated[
        int,
        BeforeValidator(_cents),
        PlainSerializer(format_cents, return_type=str),
        WithJsonSchema({"type": ["string", "number"], "title": "Price", "examples": ["61.20"]}),
    ]


class Taint(Model):
    """What keeps pods away. No pod of a topology tolerates any, so NoSchedule and NoExecute close a node."""

    key: Label
    value: str = ""
    effect: Effect


class Kind(Model):
    """A kind of node: what one of them has for pods."""

    name: Label
    description: str = ""
    cpu: SomeCPU
    """Allocatable, in millicores."""
    memory: SomeMemory
    """Allocatable, in bytes."""
    pods: Positive = PODS
    volumes: Count | None = None
    """Volumes that can be attached; absent: not limited."""
    zones: tuple[Label, ...] = ()
    """Where such nodes are to be had; nodes are put into them in turn. Empty: zones do not matter."""
    labels: dict[Label, str] = Field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    price_per_month: Cents | None = None
    """In hundredths of the file's currency."""


class Share(Model):
    """Nodes of one kind in the pool."""

    kind: Label
    count: Count
    zones: tuple[Label, ...] = ()
    """Absent: the zones of the kind."""


class NodesFile(Model):
    """What kinds of nodes there are, and which nodes."""

    format: Literal["novaplan/nodes/v1"] = "novaplan/nodes/v1"
    description: str = ""
    currency: Annotated[str, Field(min_length=3, max_length=3)] = "USD"
    """Three letters of ISO 4217. Only shown: nothing is converted."""
    example: bool = True
    """The prices are made up, or those of somebody else; everything computed from them says so."""
    source: str | None = None
    """Where the prices come from: a contract, a price list with its date."""
    kinds: tuple[Kind, ...]
    pool: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One node. CPU in millicores, memory in bytes, the price in hundredths of a currency per month."""

    name: str
    cpu_millicores: int
    memory_bytes: int
    pods: int = PODS
    volumes: int | None = None
    zone: str | None = None
    kind: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    closed: str = ""
    """Why it takes no pods: a taint, or ``unschedulable``."""
    price_cents: int | None = None

    def domain(self, key: str) -> str | None:
        """The value of a topology key here; None where the node has no such label, so that nothing keeps pods apart."""
        if key == HOSTNAME:
            return self.name
        return self.zone if key in ZONE_KEYS else dict(self.labels).get(key)


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes there are, and the kinds more could be of."""

    source: str
    nodes: tuple[Node, ...]
    kinds: tuple[Kind, ...]
    currency: str = ""
    example: bool = True
    """The prices are examples."""

    def kind(self, name: str) -> Kind:
        """The kind called ``name``. Raises ``NodesError``."""
        for kind in self.kinds:
            if kind.name == name:
                return kind
        names = [kind.name for kind in self.kinds]
        known = f"; known: {', '.join(names)}" if names else ""
        raise NodesError(f"there is no kind of node {name!r}{nearest(name, names)}{known}", file=self.source)


def load_nodes(source: str | os.PathLike[str] = "nodes") -> Nodes:
    """The nodes called ``source``: a file, a name in ``models/``, or ``-`` for standard input; either in the form of
    ``models/nodes.yaml`` or what ``kubectl get nodes -o json`` writes.

    Raises ``UnknownNameError``, ``DocumentError`` or ``NodesError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return _nodes(reader.read_one(path))


def loads_nodes(text: str, *, file: str = "<text>") -> Nodes:
    """The nodes that ``text`` describes. Raises ``DocumentError`` or ``NodesError``."""
    documents = reader.parse(text, file=file)
    if len(documents) != 1:
        raise NodesError(f"expected one document, found {len(documents)}", file=file)
    return _nodes(documents[0])


def _nodes(document: Document) -> Nodes:
    if isinstance(document.value, dict) and "apiVersion" in document.value:
        from novaplan.capacity.cluster import nodes_of_cluster

        return nodes_of_cluster(document)
    found = validate(NodesFile, document, NodesError)
    problems = list(_problems(found, document))
    if problems:
        raise NodesError(problems)
    kinds = {kind.name: kind for kind in found.kinds}
    pool: list[Node] = []
    for share in found.pool:
        before = sum(node.kind == share.kind for node in pool)
        pool.extend(make_nodes(kinds[share.kind], share.count, zones=share.zones, first=before))
    return Nodes(document.file, tuple(pool), found.kinds, found.currency, found.example)


def _problems(found: NodesFile, document: Document) -> Iterator[Problem]:
    if not found.kinds:
        yield placed(document, ("kinds",), "should not be empty")
    for index, name in duplicates(found.kinds, lambda kind: kind.name):
        yield placed(document, ("kinds", index), f"{name!r} is declared twice; keep one")
    known = [kind.name for kind in found.kinds]
    for index, share in enumerate(found.pool):
        if share.kind not in known:
            message = f"there is no kind of node {share.kind!r}{nearest(share.kind, known)}"
            yield placed(document, ("pool", index, "kind"), message)


def make_nodes(kind: Kind, count: int, *, zones: Sequence[str] = (), first: int = 0) -> tuple[Node, ...]:
    """``count`` nodes of one kind, in its zones (or ``zones``) in turn."""
    places = tuple(zones) or kind.zones
    return tuple(
        Node(
            name=f"{kind.name}-{number}",
            cpu_millicores=kind.cpu,
            memory_bytes=kind.memory,
            pods=kind.pods,
            volumes=kind.volumes,
            zone=places[number % len(places)] if places else None,
            kind=kind.name,
            labels=tuple(sorted(kind.labels.items())),
            closed=closed_by(kind.taints),
            price_cents=kind.price_per_month,
        )
        for number in range(first, first + count)
    )


def closed_by(taints: Iterable[Taint]) -> str:
    """Why nodes with these taints take no pods; empty when they do."""
    for taint in taints:
        if taint.effect != "PreferNoSchedule":
            value = f"={taint.value}" if taint.value else ""
            return f"taint {taint.key}{value}:{taint.effect}"
    return ""
