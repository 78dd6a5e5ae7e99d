"""Why pods cannot all find a place: limits that rule it out by counting, each in a sentence that names its figures.

Every obstacle is a proof: where there is one, no arrangement exists. Where there is none, there may still be no
arrangement: then only the combination of the limits stands in the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from novaplan.capacity.nodes import HOSTNAME, ZONE_KEYS
from novaplan.capacity.placement.problem import RESOURCES, Apart, Board, Group, Problem
from novaplan.quantity import format_bytes, format_millicores


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One limit that rules every arrangement out."""

    limit: str
    """``CPU``, ``memory``, ``pods``, ``volumes``, ``nodes``, ``zones``, ``room``, or a topology key."""
    sentence: str


def obstacles(problem: Problem) -> tuple[Obstacle, ...]:
    """Every limit that by itself rules out a place for all pods."""
    if problem.groups and not problem.open:
        return (Obstacle("nodes", _no_node(problem)),)
    board = Board(problem)
    apart = dict(_apart(problem, board))
    alone = (found for number, found in _alone(problem, board) if number not in apart)
    totals = tuple(_totals(problem))
    halves = (found for found in _halves(problem) if all(found.limit != total.limit for total in totals))
    return (*_everywhere(problem), *apart.values(), *alone, *totals, *halves)


def ruled_out(problem: Problem) -> bool:
    """Whether some limit by itself rules out a place for all pods."""
    return bool(obstacles(problem))


def _no_node(problem: Problem) -> str:
    if not problem.nodes:
        return f"there is no node; {counted(problem.pods, 'pod')} need one"
    reasons = sorted({node.closed for node in problem.nodes})
    return f"no node takes pods: {counted(len(problem.nodes), 'node')} with {', '.join(reasons)}"


def _everywhere(problem: Problem) -> Iterator[Obstacle]:
    """Pods of DaemonSets that find no room on some node; the scheduler would leave them waiting."""
    for resource, name in enumerate(RESOURCES):
        each = sum(
            (p.cpu_request_millicores, p.memory_request_bytes, 1, p.volumes)[resource] for p in problem.everywhere
        )
        for node in problem.nodes:
            have = (node.cpu_millicores, node.memory_bytes, node.pods, node.volumes)[resource]
            if not node.closed and have is not None and have < each:
                asked, had = pair(name, each, have)
                message = f"{name}: what runs on every node takes {asked} of each, and {node.name} has {had}"
                yield Obstacle(name, message)
                break


def _alone(problem: Problem, board: Board) -> Iterator[tuple[int, Obstacle]]:
    """Pods that have no place even if no other pod that waits takes one; with the position of their component."""
    for index, group in enumerate(problem.groups):
        if not any(board.room(index, node) for node in group.nodes):
            limit, why = _why_nowhere(problem, board, group)
            yield group.component, Obstacle(limit, f"{group.pods[0].name} {why}")


def _why_nowhere(problem: Problem, board: Board, group: Group) -> tuple[str, str]:
    nodes = [index for index in problem.open if group.zone in (None, problem.nodes[index].zone)]
    start = f"must stay in {group.zone}, where its volume is, and " if group.zone else ""
    if not nodes:
        return "zones", f"{start}no other node there takes pods"
    if group.nodes:
        rule = next(rule for rule in problem.apart[group.component] if rule.forbidden)
        one = _domains(rule.key).removesuffix("s")
        return _domains(
            rule.key
        ), f"{start or 'has no place: '}every {one} with room for it has one of its kind already"
    for resource, name in enumerate(RESOURCES):
        most = max(board.free[resource][index] for index in nodes)
        if group.size[resource] > most:
            asked, free = pair(name, group.size[resource], most)
            if name == "pods":
                return name, f"{start}finds every node full: no more pods are allowed there"
            what = "free" if problem.fixed or problem.everywhere else "allocatable"
            there = "no node there has" if group.zone else "no node has"
            return name, f"{start}asks for {asked} {_unit(name)}; {there} more than {free} {what}"
    asked = f"{format_millicores(group.size[0])} CPU and {amount('memory', group.size[1])} of memory"
    return "room", f"{start}asks for {asked}; no node has both, and the volumes it needs, at once"


def _apart(problem: Problem, board: Board) -> Iterator[tuple[int, Obstacle]]:
    """Pods that must not share a node or zone, and there are too few of those; by the position of their component."""
    for number, name in enumerate(problem.components):
        indices = [index for index, group in enumerate(problem.groups) if group.component == number]
        waiting = sum(len(problem.groups[index].pods) for index in indices)
        for rule in problem.apart[number]:
            if not rule.forbidden or not waiting:
                continue
            reached = {rule.domain[n] for index in indices for n in problem.groups[index].nodes if board.room(index, n)}
            if -1 in reached or waiting <= len(reached):
                continue
            if reached or not problem.fixed:
                yield number, Obstacle(_domains(rule.key), _too_few(problem, rule, name, waiting, len(reached)))


def _too_few(problem: Problem, rule: Apart, name: str, waiting: int, reached: int) -> str:
    what, have = _domains(rule.key), len({rule.domain[index] for index in problem.open} - {-1})
    fixed = sum(pod.component == name for pod, _ in problem.fixed)
    needed = counted(waiting + fixed, what.removesuffix("s"), what)
    if waiting + fixed > have:
        return f"{name} needs {needed}; you have {have}"
    beside = f", {fixed} of which hold one already" if fixed else ""
    return f"{name} needs {needed}{beside}; {reached} of {have} have room for one"


def _domains(key: str) -> str:
    return "nodes" if key == HOSTNAME else "zones" if key in ZONE_KEYS else f"values of {key}"


def _totals(problem: Problem) -> Iterator[Obstacle]:
    for resource, name in enumerate(RESOURCES):
        asked = sum(len(group.pods) * group.size[resource] for group in problem.groups)
        free = sum(max(problem.free[resource][index], 0) for index in problem.open)
        if asked > free:
            yield Obstacle(name, f"{name}: {' requested, '.join(pair(name, asked, free))} {_there(problem, name)}")


def _there(problem: Problem, name: str) -> str:
    if problem.fixed:
        return "free"
    return {"pods": "allowed on the nodes", "volumes": "attachable"}.get(name, "allocatable")


def _halves(problem: Problem) -> Iterator[Obstacle]:
    """Pods that each take more than half of the biggest node: no two share one (Martello and Toth's bound L2 for bin
    packing, with its parameter at one half; https://doi.org/10.1016/0166-218X(90)90094-S)."""
    for resource, name in enumerate(RESOURCES[:2]):
        most = max((problem.free[resource][index] for index in problem.open), default=0)
        big = sum(len(group.pods) for group in problem.groups if 2 * group.size[resource] > most)
        least = min((g.size[resource] for g in problem.groups if 2 * g.size[resource] > most), default=0)
        nodes = sum(problem.free[resource][index] >= least for index in problem.open)
        if big > nodes and least:
            sentence = f"{big} pods ask for so much {_unit(name)} that no two of them can share a node"
            yield Obstacle(name, f"{sentence}; {counted(nodes, 'node has', 'nodes have')} room for one")


def _unit(name: str) -> str:
    return {"memory": "memory", "CPU": "CPU"}.get(name, name)


def amount(resource: str, value: int) -> str:
    """An amount of a resource as people read it: CPU from 10 cores on in cores, memory from 10 GiB on to a tenth of a
    GiB, which is cut off."""
    if resource == "CPU":
        return format_millicores(value) if value < 10_000 else f"{Decimal(value) / 1000:,}"
    if resource != "memory":
        return str(value)
    return f"{value * 10 // (1 << 30) / 10:.1f}Gi" if value >= 10 << 30 else f"{value / (1 << 20):.0f}Mi"


def pair(resource: str, more: int, less: int) -> tuple[str, str]:
    """Two amounts that differ, as people read them: exact when they would look the same."""
    first, second = amount(resource, more), amount(resource, less)
    if first == second and resource == "memory":
        return format_bytes(more), format_bytes(less)
    return first, second


def counted(number: int, one: str, many: str = "") -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def sentences(found: Iterable[Obstacle]) -> tuple[str, ...]:
    """The sentences of obstacles, each once."""
    return tuple(dict.fromkeys(obstacle.sentence for obstacle in found))
