"""A node can be drained and a service rolled out: disruption budgets allow one pod less, rollouts leave what they ask.

A rolling update does not ask the budget (Kubernetes documentation, "Disruptions"), so its ``max_unavailable`` itself
must leave as many pods as the budget wants, at the fewest pods.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from novaplan.capacity.pods import replicas, share_of
from novaplan.capacity.rolling import steps_of
from novaplan.migration.obligations import Obligation, Shortfall
from novaplan.migration.traffic import service, store
from novaplan.migration.world import View, World
from novaplan.topology.parts import label_of
from novaplan.topology.service import DisruptionBudget


def obligations(world: World) -> Iterator[Obligation]:
    """One for each service and datastore that ever has a budget."""
    for kind, ask in (("service", _service), ("datastore", _datastore)):
        for own in world.universe.get(kind, ()):
            if any(getattr(value, "disruption_budget", None) for value in world.values(own)):
                yield Obligation(own, partial(ask, name=label_of(own)))


def _kept(budget: DisruptionBudget, pods: int) -> int:
    """Pods that ``budget`` keeps of ``pods``; percentages are rounded up, as Kubernetes does for both fields."""
    if budget.min_available is not None:
        return share_of(budget.min_available, pods)
    return pods - (share_of(budget.max_unavailable, pods) if budget.max_unavailable is not None else 0)


def _service(view: View, name: str) -> Shortfall | None:
    found = service(view, name, "disruption_budget", "replicas", "autoscaling", "rollout", "workload")
    if found is None or found.disruption_budget is None or not found.replicas:
        return None
    pods = min(replicas(found, "minimum"), found.replicas)
    kept = _kept(found.disruption_budget, pods)
    unavailable = steps_of(found.rollout, pods)[1] if found.workload == "deployment" else 0
    return _verdict(kept, pods, pods - unavailable)


def _datastore(view: View, name: str) -> Shortfall | None:
    found = store(view, name, "disruption_budget", "deployment")
    if found is None or found.disruption_budget is None or not found.members:
        return None
    return _verdict(_kept(found.disruption_budget, found.members), found.members, found.members)


def _verdict(kept: int, pods: int, in_rollout: int) -> Shortfall | None:
    if pods - kept < 1:
        message = f"{kept} of {pods} pods must stay, so no node with one of them can be drained"
        return Shortfall(message, kept - pods + 1, "run one pod more, or let one go, before the budget is set")
    if in_rollout < kept:
        message = f"a rollout leaves {in_rollout} of {pods} pods, its budget wants {kept}"
        return Shortfall(message, kept - in_rollout, "set max_unavailable of the rollout to 0")
    return None
