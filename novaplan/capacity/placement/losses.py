"""What is left after any one node or zone is lost, and whether each node can be drained.

Pods that keep running stay where they are; nothing is moved to make room. A pod whose volume is in a zone can only move
within it. Until a lost pod runs again its votes are missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from novaplan.capacity.nodes import Node
from novaplan.capacity.placement.explain import named
from novaplan.capacity.placement.obstacles import sentences
from novaplan.capacity.placement.problem import Placing, Problem, bound_to
from novaplan.capacity.placement.settle import Effort, Settled, settle
from novaplan.capacity.pods import Pod, Workload, share_of


@dataclass(frozen=True, slots=True)
class Vote:
    """What a loss leaves of one quorum."""

    workload: str
    what: str
    alive: int
    total: int
    needed: int

    @property
    def holds(self) -> bool:
        """Whether enough votes are left."""
        return self.alive >= self.needed

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "component": self.workload,
            "what": self.what,
            "alive": self.alive,
            "total": self.total,
            "needed": self.needed,
            "holds": self.holds,
        }


@dataclass(frozen=True, slots=True)
class Loss:
    """What is left after one node, or one zone with all its nodes, is gone."""

    scope: Literal["node", "zone"]
    name: str
    pods: int
    """That ran there and are placed pods; those that run on every node need no other place."""
    fits: bool | None
    """Whether they all fit on the rest; None when nobody can tell."""
    waiting: tuple[str, ...]
    """Pods that have no place until the node is back, in an arrangement that leaves few over."""
    down: tuple[str, ...]
    """Components of which every pod ran there."""
    votes: tuple[Vote, ...]
    """Of each quorum that lost votes."""
    reasons: tuple[str, ...]
    """Why they do not fit."""

    @property
    def quorums_lost(self) -> tuple[str, ...]:
        """What has too few votes until its pods run again. One pod that is all there was has no quorum to lose."""
        return tuple(vote.what for vote in self.votes if not vote.holds and vote.total > 1)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "scope": self.scope,
            "name": self.name,
            "pods": self.pods,
            "fits": self.fits,
            "waiting": list(self.waiting),
            "down": list(self.down),
            "quorums": [vote.to_dict() for vote in self.votes],
            "reasons": list(self.reasons),
        }


Verdict = Literal["yes", "waiting", "no", "unknown"]
"""yes: budgets allow it and every pod finds another place; waiting: budgets allow it, but some pods wait until the node
is back; no: a budget stands in the way; unknown: nobody can tell whether the pods that must move fit."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Whether one node can be emptied by evictions, which ask the disruption budgets."""

    node: str
    pods: int
    verdict: Verdict
    waiting: tuple[str, ...]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "node": self.node,
            "pods": self.pods,
            "verdict": self.verdict,
            "waiting": list(self.waiting),
            "reasons": list(self.reasons),
        }


class Aftermath:
    """Answers what happens to a placement when nodes go away."""

    def __init__(self, nodes: Sequence[Node], placing: Placing, everywhere: Sequence[Pod], effort: Effort) -> None:
        self.nodes = tuple(nodes)
        self.placing = placing
        self.everywhere = tuple(everywhere)
        self.effort = effort
        self.count = Counter(pod.component for pod, _ in placing)
        self._known: dict[frozenset[int], Settled] = {}

    def losses(self) -> Iterator[Loss]:
        """The loss of each node that runs pods, then of each zone."""
        used = sorted({node for _, node in self.placing})
        for index in used:
            yield self._loss("node", self.nodes[index].name, frozenset((index,)))
        zones = sorted({zone for index in used if (zone := self.nodes[index].zone) is not None})
        for zone in zones:
            gone = frozenset(index for index, node in enumerate(self.nodes) if node.zone == zone)
            yield self._loss("zone", zone, gone)

    def _loss(self, scope: Literal["node", "zone"], name: str, gone: frozenset[int]) -> Loss:
        moving = [(pod, node) for pod, node in self.placing if node in gone]
        settled = self._all_without(gone)
        lost = Counter(pod.component for pod, _ in moving)
        waiting = () if settled.fits else tuple(pod.name for pod in settled.board.left_over())
        return Loss(
            scope=scope,
            name=name,
            pods=len(moving),
            fits=settled.fits,
            waiting=waiting,
            down=tuple(component for component in lost if lost[component] == self.count[component]),
            votes=tuple(self._votes(moving)),
            reasons=_why(settled),
        )

    def _all_without(self, gone: frozenset[int]) -> Settled:
        if gone not in self._known:
            self._known[gone] = self._without(gone, [(pod, node) for pod, node in self.placing if node in gone])
        return self._known[gone]

    def _without(self, gone: frozenset[int], moving: Iterable[tuple[Pod, int]]) -> Settled:
        """Where the pods that must move go while the others stay."""
        moving = tuple(moving)
        nodes = [replace(node, closed="lost") if index in gone else node for index, node in enumerate(self.nodes)]
        stay = [(pod, node) for pod, node in self.placing if node not in gone]
        zones = {pod: zone for pod, node in moving if (zone := bound_to(pod, self.nodes[node])) is not None}
        problem = Problem([*self.everywhere, *(pod for pod, _ in moving)], nodes, fixed=stay, zones=zones)
        return settle(problem, self.effort)

    def _votes(self, moving: Iterable[tuple[Pod, int]]) -> Iterator[Vote]:
        gone: dict[Workload, list[int]] = {}
        for pod, _ in moving:
            gone.setdefault(pod.workload, []).append(pod.number)
        for workload, numbers in gone.items():
            for quorum in workload.quorums:
                alive = quorum.total - sum(quorum.votes[number] for number in numbers)
                yield Vote(workload.name, quorum.what, alive, quorum.total, quorum.needed)

    def drains(self) -> Iterator[Drain]:
        """Each node that runs pods."""
        for index in sorted({node for _, node in self.placing}):
            yield self._drain(index)

    def _drain(self, index: int) -> Drain:
        moving = [(pod, node) for pod, node in self.placing if node == index]
        allowed = {pod.component: self._allowed(pod.workload) for pod, _ in moving if pod.workload.budget}
        name = self.nodes[index].name
        gone = frozenset((index,))
        refused = [_refused(component) for component, number in allowed.items() if number == 0]
        if refused:
            return Drain(name, len(moving), "no", (), tuple(refused))
        settled = self._all_without(gone)
        if settled.fits:
            return Drain(name, len(moving), "yes", (), ())
        needed = self._without(gone, list(_must_move(moving, allowed))) if allowed else None
        waiting = tuple(pod.name for pod in settled.board.left_over())
        if needed is not None and needed.fits is False:
            rest = f"after that a budget stands in the way: {named(needed.board.left_over())} has no other place"
            return Drain(name, len(moving), "no", waiting, (rest, *_why(needed)))
        unknown = settled.fits is None or (needed is not None and needed.fits is None)
        return Drain(name, len(moving), "unknown" if unknown else "waiting", waiting, _why(settled))

    def _allowed(self, workload: Workload) -> int:
        """Disruptions that a budget allows while all pods are well. Kubernetes rounds percentages up on both sides
        (https://kubernetes.io/docs/tasks/run-application/configure-pdb/)."""
        budget, number = workload.budget, self.count[workload.name]
        if budget is None:
            return number
        if budget.max_unavailable is not None:
            return min(share_of(budget.max_unavailable, number), number)
        return max(number - share_of(budget.min_available or 0, number), 0)


def _must_move(moving: Iterable[tuple[Pod, int]], allowed: Mapping[str, int]) -> Iterator[tuple[Pod, int]]:
    """Pods that must run elsewhere before the last of their like can be evicted: all but as many as may be missing."""
    missing = dict(allowed)
    for pod, node in moving:
        if pod.component not in missing:
            continue
        if missing[pod.component]:
            missing[pod.component] -= 1
        else:
            yield pod, node


def _refused(component: str) -> str:
    return f"the disruption budget of {component} allows none of its pods to be evicted"


def _why(settled: Settled) -> tuple[str, ...]:
    if settled.fits:
        return ()
    if settled.obstacles:
        return sentences(settled.obstacles)
    left = named(settled.board.left_over())
    if settled.fits is None:
        return (f"no place was found for {left}; it may be that there is one",)
    return (f"all limits together leave no place for {left}",)
