"""Replicas, autoscaling and disruption budgets, which have to agree with each other."""

from collections.abc import Collection, Sequence

from novaplan.consolidation.combine import Combiner
from novaplan.consolidation.rules import Rules
from novaplan.topology.base import replace
from novaplan.topology.service import Autoscaling, DisruptionBudget, Service


def effective_replicas(service: Service) -> int:
    """The replicas of a service within the bounds of its autoscaling, which corrects what lies outside."""
    scaling = service.autoscaling
    return min(max(service.replicas, scaling.min), scaling.max) if scaling else service.replicas


def widest(members: Sequence[Service], rules: Rules) -> Autoscaling | None:
    """Bounds in which no member gets fewer pods than before."""
    scaled = [member.autoscaling for member in members if member.autoscaling]
    if not scaled:
        return None
    floors = [member.autoscaling.min if member.autoscaling else max(member.replicas, 1) for member in members]
    tops = [member.autoscaling.max if member.autoscaling else max(member.replicas, 1) for member in members]
    reduce = sum if rules.replicas == "sum" else max
    cpu = [item.cpu_percent for item in scaled if item.cpu_percent is not None]
    memory = [item.memory_percent for item in scaled if item.memory_percent is not None]
    return replace(
        scaled[0],
        min=reduce(floors),
        max=reduce(tops),
        cpu_percent=min(cpu, default=None),
        memory_percent=min(memory, default=None),
    )


def agree_on_scaling(service: Service, stated: Collection[str], merged: bool, combiner: Combiner) -> Service:
    """``service`` with replicas within the bounds of its autoscaling; what is stated is not corrected."""
    scaling, replicas = service.autoscaling, effective_replicas(service)
    if scaling is None or replicas == service.replicas:
        return service
    if "replicas" in stated:
        combiner.conflicts.add(
            combiner.subject,
            f"{service.replicas} replicas lie outside its autoscaling from {scaling.min} to {scaling.max}",
            combiner.settle("autoscaling: {min: ..., max: ...}"),
        )
        return service
    return replace(service, replicas=replicas) if merged or "autoscaling" in stated else service


def refuse_blocking(service: Service, members: Sequence[Service], stated: Collection[str], combiner: Combiner) -> None:
    """A budget that fitted the replicas of a member may allow no disruption at all with those of the merged service."""
    budget = service.disruption_budget
    if budget is None or "disruption_budget" in stated or not _blocks(budget, service):
        return
    if any(member.disruption_budget == budget and _blocks(budget, member) for member in members):
        return  # as before; novaplan check reports it
    told = ", ".join(f"{name} {value}" for name, value in budget if value is not None)
    combiner.conflicts.add(
        combiner.subject,
        f"its disruption budget ({told}) would let no pod of {_pods(service)} go, so no node could be drained",
        combiner.settle("disruption_budget: {max_unavailable: ...}"),
    )


def _blocks(budget: DisruptionBudget, service: Service) -> bool:
    pods = _pods(service)
    if budget.max_unavailable is not None:
        return _count(budget.max_unavailable, pods) == 0
    return budget.min_available is not None and _count(budget.min_available, pods) >= pods > 0


def _pods(service: Service) -> int:
    return service.autoscaling.min if service.autoscaling else service.replicas


def _count(stated: int | str, pods: int) -> int:
    """Kubernetes rounds percentages of a budget up, in both fields."""
    if isinstance(stated, int):
        return stated
    return -(-int(stated.rstrip("%")) * pods // 100)
