"""The answer of ``fit`` as a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from novaplan.capacity.nodes import Node, format_cents
from novaplan.capacity.placement.losses import Drain, Loss
from novaplan.capacity.placement.problem import Placing
from novaplan.capacity.pods import Count, Pod

if TYPE_CHECKING:
    from novaplan.tables import Table

FORMAT = "novaplan/fit/v1"

Goal = Literal["place", "smallest", "cheapest"]
"""place: on the nodes there are; smallest: as few nodes of one kind as will do; cheapest: the cheapest mix of kinds."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known about the number of nodes, or about their price."""

    unit: Literal["nodes", "hundredths"]
    """Nodes, or hundredths of the currency per month."""
    lower_bound: int
    """Less cannot do; proved."""
    found: int
    """This does; the placement shows it."""

    @property
    def optimal(self) -> bool:
        """Whether nothing better exists."""
        return self.lower_bound == self.found

    @property
    def gap_per_mille(self) -> int:
        """How much better the best answer could be at most, in thousandths of the lower bound, rounded up."""
        return -(-1000 * (self.found - self.lower_bound) // self.lower_bound) if self.lower_bound else 1000

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        about = {"unit": self.unit, "lower_bound": self.lower_bound, "found": self.found}
        return {**about, "optimal": self.optimal, "gap_per_mille": self.gap_per_mille}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a node has and what its pods request. CPU in millicores, memory in bytes."""

    node: Node
    cpu_request_millicores: int
    memory_request_bytes: int
    pods: int
    volumes: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        node = self.node
        price = None if node.price_cents is None else format_cents(node.price_cents)
        return {
            "name": node.name,
            "kind": node.kind,
            "zone": node.zone,
            "closed": node.closed or None,
            "price_per_month": price,
            "cpu_allocatable_millicores": node.cpu_millicores,
            "cpu_request_millicores": self.cpu_request_millicores,
            "memory_allocatable_bytes": node.memory_bytes,
            "memory_request_bytes": self.memory_request_bytes,
            "pods_allocatable": node.pods,
            "pods": self.pods,
            "volumes_attachable": node.volumes,
            "volumes": self.volumes,
        }


@dataclass(frozen=True, slots=True)
class Fit:
    """Where every pod goes, what that leaves, and what happens when a node goes away."""

    topologies: tuple[str, ...]
    """Names of the systems that run: one, or both sides of a migration."""
    count: Count
    goal: Goal
    nodes: tuple[Node, ...]
    placing: Placing
    """Each pod and the position of its node."""
    everywhere: tuple[Pod, ...]
    """Pods that run once on each node that takes pods."""
    binding: str
    """What limits the answer, in a sentence."""
    losses: tuple[Loss, ...]
    drains: tuple[Drain, ...]
    proof: Proof | None = None
    """Of ``smallest`` and ``cheapest``."""
    currency: str = ""
    example_prices: bool = True

    @property
    def unstated(self) -> tuple[str, ...]:
        """Components that state no CPU or no memory request: it counts 0, so the answer holds only if they need
        nothing."""
        pods = (*(pod for pod, _ in self.placing), *self.everywhere)
        return tuple(dict.fromkeys(pod.component for pod in pods if pod.workload.unstated))

    @property
    def price_cents(self) -> int | None:
        """Price of all nodes per month, in hundredths of the currency; None when one of them has none."""
        prices = [node.price_cents for node in self.nodes]
        return None if None in prices else sum(price or 0 for price in prices)

    def node_of(self, pod: str) -> Node | None:
        """The node that the pod with this name is on."""
        return next((self.nodes[index] for placed, index in self.placing if placed.name == pod), None)

    def usage(self) -> Iterator[Usage]:
        """What each node has and gives."""
        on: dict[int, list[Pod]] = {}
        for pod, index in self.placing:
            on.setdefault(index, []).append(pod)
        for index, node in enumerate(self.nodes):
            pods = [*on.get(index, ()), *(() if node.closed else self.everywhere)]
            yield Usage(
                node,
                sum(pod.cpu_request_millicores for pod in pods),
                sum(pod.memory_request_bytes for pod in pods),
                len(pods),
                sum(pod.volumes for pod in pods),
            )

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON holds it, format ``novaplan/fit/v1``. Prices are text, in ``currency`` per month."""
        price = self.price_cents
        return {
            "format": FORMAT,
            "topologies": list(self.topologies),
            "count": self.count,
            "goal": self.goal,
            "fits": True,
            "binding": self.binding,
            "proof": self.proof.to_dict() if self.proof else None,
            "currency": self.currency or None,
            "price_per_month": None if price is None else format_cents(price),
            "example_prices": self.example_prices,
            "unstated": list(self.unstated),
            "nodes": [usage.to_dict() for usage in self.usage()],
            "pods": [_pod(pod, self.nodes[index]) for pod, index in self.placing],
            "everywhere": [_pod(pod, None) for pod in self.everywhere],
            "losses": [loss.to_dict() for loss in self.losses],
            "drains": [drain.to_dict() for drain in self.drains],
        }

    def tables(self) -> tuple[Table, ...]:
        """Nodes, pods, losses and drains."""
        from novaplan.capacity.placement import rendering

        return rendering.tables(self)

    def text(self, width: int = 80) -> str:
        """The answer for people, as plain text of at most ``width`` columns."""
        from novaplan.capacity.placement import rendering

        return rendering.text(self, width)

    def _repr_html_(self) -> str:
        from novaplan.capacity.placement import rendering

        return rendering.html(self)


def _pod(pod: Pod, node: Node | None) -> dict[str, Any]:
    return {
        "name": pod.name,
        "component": pod.component,
        "node": node.name if node else None,
        "zone": node.zone if node else None,
        "cpu_request_millicores": pod.cpu_request_millicores,
        "memory_request_bytes": pod.memory_request_bytes,
        "volumes": pod.volumes,
        "storage_bytes": pod.storage_bytes,
    }
