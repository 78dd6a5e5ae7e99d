"""The nodes hold old and new together, at their most pods and one rollout more, and with one node lost.

What is requested counts, as for the scheduler. Without nodes it cannot be known, and nothing is asked; with them
(``nodes`` of the rollout) the sum must fit what is left without the largest. Whether the pods can be placed, ``novaplan
fit CURRENT --with TARGET`` says.
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


def _short(_view: View, total: int, limit: int, figure: str) -> Shortfall:
    _, form = _FIGURES[figure]
    message = f"{form(total)} requested, {form(limit)} are there without the largest node"
    return Shortfall(message, total - limit, "add a node, or remove the old side of one group before the next begins")
