"""Does it fit, where do the pods go, and what is left after a loss?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from novaplan.capacity.nodes import Node, Nodes
from novaplan.capacity.placement import greedy, sizing
from novaplan.capacity.placement.explain import refusal
from novaplan.capacity.placement.losses import Aftermath
from novaplan.capacity.placement.model import Fit, Goal, Proof
from novaplan.capacity.placement.obstacles import counted, pair
from novaplan.capacity.placement.problem import RESOURCES, Board, Placing, Problem, size_of
from novaplan.capacity.placement.settle import Effort, settle
from novaplan.capacity.pods import Count, Pod, pods, pods_of_both
from novaplan.topology.system import Topology


def fit(
    topology: Topology,
    nodes: Nodes,
    *,
    other: Topology | None = None,
    count: Count = "current",
    optional: bool = True,
    surge: bool = False,
    smallest: str | None = None,
    cheapest: bool = False,
    effort: Effort | None = None,
) -> Fit:
    """Place every pod of ``topology`` on ``nodes``, and see what any loss leaves.

    ``other`` runs as well, as while a system is migrated. ``count`` says how far services are scaled, ``optional``
    whether what the system is complete without runs, ``surge`` whether every service is being rolled out. ``smallest``
    names a kind of node of which as few as possible are taken instead of the nodes there are; ``cheapest`` takes the
    cheapest mix of all kinds. Raises ``DoesNotFit`` with every reason, and ``NodesError`` for an unknown kind.
    """
    if smallest is not None and cheapest:
        raise ValueError("smallest and cheapest exclude each other")
    effort = effort or Effort()
    options = {"optional": optional, "surge": surge}
    found = pods_of_both(topology, other, count, **options) if other else pods(topology, count, **options)
    goal: Goal = "cheapest" if cheapest else "place" if smallest is None else "smallest"
    chosen, board, proof, binding = _arranged(found, nodes, smallest, goal, effort)
    placing = board.placing()
    everywhere = tuple(pod for pod in found if pod.workload.everywhere)
    aftermath = Aftermath(chosen, placing, everywhere, _for_each_node(effort))
    names = (topology.name,) if other is None else (topology.name, other.name)
    losses, drains = tuple(aftermath.losses()), tuple(aftermath.drains())
    prices = nodes.currency, nodes.example
    return Fit(names, count, goal, chosen, placing, everywhere, binding, losses, drains, proof, *prices)


def _for_each_node(effort: Effort) -> Effort:
    """Losses and drains are one question for each node, so each may take a little only."""
    return replace(effort, solver_limit=min(effort.solver_limit, 1.0))


def _arranged(
    found: Sequence[Pod], nodes: Nodes, smallest: str | None, goal: Goal, effort: Effort
) -> tuple[tuple[Node, ...], Board, Proof | None, str]:
    if goal == "place":
        chosen, board = nodes.nodes, place(found, nodes.nodes, effort)
        return chosen, board, None, tightest(found, chosen, board.placing())
    if goal == "smallest":
        sized = sizing.smallest(found, nodes.kind(smallest or ""), effort)
    else:
        sized = sizing.cheapest(found, nodes.kinds, effort)
    proof = Proof("nodes" if goal == "smallest" else "hundredths", sized.lower, sized.found)
    return sized.nodes, _spread(found, sized.nodes, sized.board), proof, sized.because


def place(found: Sequence[Pod], nodes: Sequence[Node], effort: Effort | None = None) -> Board:
    """Every pod on one of ``nodes``, spread as far as it goes. Raises ``DoesNotFit``."""
    effort = effort or Effort()
    settled = settle(Problem(found, nodes), effort)
    if not settled.fits:
        raise refusal(found, nodes, settled, effort)
    return greedy.improve(settled.board)


def _spread(found: Sequence[Pod], nodes: Sequence[Node], board: Board) -> Board:
    """The same nodes, pods spread over them: from scratch where that places all of them, else by moves."""
    fresh = greedy.spread(Problem(found, nodes))
    return greedy.improve(board if fresh.left else fresh)


def tightest(found: Sequence[Pod], nodes: Sequence[Node], placing: Placing) -> str:
    """What would first stand in the way of more pods or fewer nodes: who needs every node or zone there is, and the
    resource that is fullest."""
    problem = Problem(found, nodes)
    numbers = Counter(pod.component for pod, _ in placing)
    every: dict[tuple[int, str], list[str]] = {}
    for number, name in enumerate(problem.components):
        for rule in problem.apart[number]:
            domains = {rule.domain[index] for index in problem.open}
            if rule.forbidden and -1 not in domains and numbers[name] == len(domains):
                what = "zone" if rule.key.endswith("/zone") else "node"
                every.setdefault((len(domains), what), []).append(name)
    told = [
        f"{', '.join(names)} {'needs' if len(names) == 1 else 'each need'} {counted(number, what)}; you have {number}"
        for (number, what), names in every.items()
    ]
    return "; ".join([*told, _fullest(problem, placing)])


def _fullest(problem: Problem, placing: Placing) -> str:
    shares = []
    for resource, name in enumerate(RESOURCES):
        free = sum(problem.free[resource][index] for index in problem.open)
        limited = name != "volumes" or all(problem.nodes[index].volumes is not None for index in problem.open)
        asked = sum(size_of(pod)[resource] for pod, _ in placing)
        if free and limited:
            shares.append((-asked * 1000 // free, resource, asked, free))
    if not shares:
        return "nothing runs"
    _, resource, asked, free = min(shares)
    name = RESOURCES[resource]
    had, wanted = pair(name, free, asked)
    return f"{name} is fullest: {wanted} of {had} ({asked * 100 // free}%)"
