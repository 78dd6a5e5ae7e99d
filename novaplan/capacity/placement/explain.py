"""Why pods do not fit, for people: the limits that rule it out, or which limits it would take to be without."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from novaplan.capacity.nodes import Node
from novaplan.capacity.placement.obstacles import counted, sentences
from novaplan.capacity.placement.problem import Problem
from novaplan.capacity.placement.settle import Effort, Settled, settle
from novaplan.capacity.pods import ANYWHERE, Pod
from novaplan.errors import DoesNotFit
from novaplan.errors import Problem as Reason

MOST_REASONS = 10
"""Reasons that are told; of more their number is."""
NAMED = 3
"""Pods that a sentence names; of more it gives the number."""


def refusal(
    pods: Sequence[Pod], nodes: Sequence[Node], settled: Settled, effort: Effort, about: str = ""
) -> DoesNotFit:
    """The error for pods that do not fit, with every reason. ``about`` starts each line."""
    return DoesNotFit([Reason(f"{about}{reason}") for reason in reasons(pods, nodes, settled, effort)])


def reasons(pods: Sequence[Pod], nodes: Sequence[Node], settled: Settled, effort: Effort) -> tuple[str, ...]:
    """Every reason, most telling first."""
    if settled.obstacles:
        found = sentences(settled.obstacles)
        more = len(found) - MOST_REASONS
        return (*found[:MOST_REASONS], f"and {counted(more, 'more reason')}") if more > 0 else found
    left = named(settled.board.left_over())
    if settled.fits is None:
        hint = "a higher limit for the solver" if effort.asks_solver else "pip install 'novaplan[solve]'"
        return (f"no place was found for {left}, though no limit by itself rules it out; {hint} may tell for sure",)
    would = [name for name, relaxed in _relaxations() if _would_fit(pods, nodes, relaxed, effort)]
    without = f"; it would fit without the limit on {' or without that on '.join(would)}" if would else ""
    return (f"no limit by itself rules it out, but all of them together do: {left} has no place{without}",)


def _would_fit(pods: Sequence[Pod], nodes: Sequence[Node], relaxed: Callable[[Pod], Pod], effort: Effort) -> bool:
    return settle(Problem([relaxed(pod) for pod in pods], nodes), effort, "full").fits is True


def _relaxations() -> Iterator[tuple[str, Callable[[Pod], Pod]]]:
    yield "CPU", lambda pod: replace(pod, cpu_request_millicores=0)
    yield "memory", lambda pod: replace(pod, memory_request_bytes=0)
    yield "volumes", lambda pod: replace(pod, volumes=0)
    yield "sharing a node or zone", lambda pod: replace(pod, workload=replace(pod.workload, spread=ANYWHERE))


def named(pods: Sequence[Pod]) -> str:
    """``api-0, api-1, api-2 and 5 other pods``."""
    return some([pod.name for pod in pods])


def some(names: Sequence[str]) -> str:
    """The first few names of pods, and how many others there are."""
    others = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {counted(others, 'other pod')}" if others > 0 else "")
