"""The nodes hold old and new together, at their most pods and one rollout more, and with one node lost.

What is requested counts, as for the scheduler. Without nodes it cannot be known, and nothing is asked; with them
(``nodes`` of the rollout) the sum must fit what is left without the largest. Whether the pods can be placed, ``novaplan
fit CURRENT TARGET --surge`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from novaplan.capacity.pods import Pod, pods
from novaplan.migration.obligations import Budget, Shortfall, always
from novaplan.migration.traffic import store, whole
from novaplan.migration.world import View, World
from novaplan.quantity import format_bytes, format_millicores
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import label_of
from novaplan.topology.service import Service
from novaplan.topology.system import Topology

_FIGURES: dict[str, tuple[Callable[[Pod], int], Callable[[int], str]]] = {
    "cpu": (lambda pod: pod.cpu_request_millicores, format_millicores),
    "memory": (lambda pod: pod.memory_request_bytes, format_bytes),
    "pods": (lambda _: 1, str),
}


def obligations(world: World) -> Iterator[Budget]:
    """One for CPU, one for memory, one for the number of pods."""
    owners = [*world.universe.get("service", ()), *world.universe.get("datastore", ())]
    room = world.rollout.room
    for figure in _FIGURES:
        limit = None if room is None else room.of(figure)
        terms = tuple(partial(_requested, name=label_of(own), figure=figure) for own in owners)
        yield Budget(figure, terms, always(limit), partial(_short, figure=figure))


def _requested(view: View, name: str, figure: str) -> int:
    amount, _ = _FIGURES[figure]
    return sum(amount(pod) for pod in _pods_of(whole(view, name), store(view, name)))


def _pods_of(service: Service | None, datastore: Datastore | None) -> tuple[Pod, ...]:
    services, stores = ((service,) if service else ()), ((datastore,) if datastore else ())
    return pods(Topology.model_construct(services=services, datastores=stores), "maximum", surge=True)


def _short(view: View, total: int, limit: int, figure: str) -> Shortfall:
    amount, form = _FIGURES[figure]
    target, room = view.world.target, view.world.rollout.room
    alone = sum(amount(pod) for pod in pods(target, "maximum", surge=True))
    message = f"{form(total)} may be requested, {form(limit)} are there without the largest node"
    if alone > limit:
        message += f"; {target.name} alone may request {form(alone)}, so no order of steps helps"
    each = room.node.of(figure) if room is not None and room.node is not None else 0
    count = -(-(total - limit) // each) if each else 0
    nodes = f"{count} more node{'s' if count > 1 else ''} like the largest" if count else "nodes"
    remedy = f"add {nodes}, for {form(total - limit)} more (docs/fit.md), or lower the upper bounds of autoscaling"
    if alone <= limit:
        remedy += ", or plan fewer groups at once, so that the old side of one is gone before the next is deployed dark"
    return Shortfall(message, total - limit, remedy)
