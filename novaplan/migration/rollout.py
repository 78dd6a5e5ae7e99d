"""How careful a migration is: the weights a route passes through, how long each is watched, and against what."""

import os
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from novaplan.capacity.nodes import Node
from novaplan.documents import files, reader
from novaplan.errors import InputError
from novaplan.topology.base import Bytes, Count, Label, Millicores, Milliseconds, Model, Percent, Positive, replace
from novaplan.topology.validation import validate


class Waiver(Model):
    """A shortfall that is accepted, with the reason why."""

    invariant: Label
    subject: str
    reason: Annotated[str, Field(min_length=1)]


class Size(Model):
    """CPU, memory and pods that may be requested at once."""

    cpu: Millicores
    memory: Bytes
    pods: Count

    def of(self, figure: str) -> int:
        """One of the figures by its name."""
        value: int = getattr(self, figure)
        return value


class Room(Size):
    """What a cluster holds, the largest node left out."""

    node: Size | None = None
    """The largest node: what one more like it adds."""


class Rollout(Model):
    """The assumptions; ``models/rollout.yaml`` holds the defaults with their sources."""

    format: Literal["novaplan/rollout/v1"] = "novaplan/rollout/v1"
    name: str = "rollout"
    description: str = ""
    weights: tuple[Percent, ...] = (5, 25, 50, 100)
    """Shares of a route's traffic that the new backend gets, one after the other."""
    largest_shift: Percent = 50
    """No step moves more than this share of a route's traffic at once."""
    most_touched: Positive = 12
    """No step changes more services and datastores than this."""
    weight_bake: Milliseconds = 600_000
    """How long each weight is watched."""
    success_percent: Annotated[float, Field(ge=0, le=100)] = 99.0
    """Of requests that must not fail while a weight is watched."""
    bake: Milliseconds = 86_400_000
    """How long the new side carries everything before the old side goes: one business cycle."""
    replication_lag: Milliseconds = 1_000
    """Lag up to which a replica counts as caught up."""
    least_pool: Positive = 5
    """Connections that a pooler keeps at least for each pair of user and database while old and new share a server."""
    people: Positive = 2
    """Lanes that work side by side."""
    room: Room | None = None
    """What the cluster holds; absent: not known, and then nothing is asked of it."""
    waivers: tuple[Waiver, ...] = ()

    def waives(self, invariant: str, subject: str) -> bool:
        """Whether a shortfall of this invariant is accepted for this subject."""
        return any(item.invariant == invariant and item.subject == subject for item in self.waivers)

    def on(self, nodes: Iterable[Node]) -> "Rollout":
        """The same with the room that ``nodes`` have when the largest of them is lost; those that are closed to pods do
        not count."""
        open_ = [node for node in nodes if not node.closed]
        figures = [[getattr(node, figure) for node in open_] for figure in ("cpu_millicores", "memory_bytes", "pods")]
        cpu, memory, pods = (max(items, default=0) for items in figures)
        node = Size.model_construct(cpu=cpu, memory=memory, pods=pods)
        cpu, memory, pods = (sum(items) - max(items, default=0) for items in figures)
        return replace(self, room=Room.model_construct(cpu=cpu, memory=memory, pods=pods, node=node))


def load_rollout(source: str | os.PathLike[str] = "rollout") -> Rollout:
    """The assumptions called ``source``: a file, or a name that is looked up in ``models/`` and then in the package;
    ``-`` reads standard input.

    Raises ``UnknownNameError``, ``DocumentError`` or ``InputError``, each with file, line and field.
    """
    name = os.fspath(source)
    path = name if name == "-" else str(files.resolve(name, "models"))
    return validate(Rollout, reader.read_one(path), InputError)


def rollout_on(
    source: str | os.PathLike[str], nodes: str | os.PathLike[str] | None, people: int | None = None
) -> Rollout:
    """The assumptions called ``source``, on the nodes called ``nodes`` and with so many people where those are given.

    Raises what ``load_rollout`` and ``load_nodes`` raise.
    """
    found = load_rollout(source)
    if people is not None:
        found = replace(found, people=people)
    if nodes is None:
        return found
    from novaplan.capacity.nodes import load_nodes

    return found.on(load_nodes(nodes).nodes)
