"""A PodDisruptionBudget lets nodes be drained, one pod at a time, and keeps what must not go.

``minAvailable`` as large as the number of pods, or ``maxUnavailable: 0``, refuses every eviction: ``kubectl drain`` and
cluster upgrades wait for ever. ``minAvailable: 0`` or ``maxUnavailable: 100%`` refuses none. Of voters the budget must
keep a majority. A pod that two budgets select cannot be evicted at all. A budget over several workloads counts their
pods as equals, so it may give up the only one of its kind.
Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/ and
https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster, Workload, label, place
from novaplan.checks.found import Found
from novaplan.checks.high_availability._pods import bounds, voters
from novaplan.checks.reading import System
from novaplan.importers.kubernetes.manifests import Manifest
from novaplan.topology.service import DisruptionBudget

SEVERITY = "warning"
_EVERY = "forbids every eviction, so draining a node waits for ever"
_NONE = "forbids no eviction, so a drain may take every pod at once"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Budgets and the workloads they select."""
    covered: dict[int, list[Manifest]] = defaultdict(list)
    chosen: dict[int, Workload] = {}
    voting, counted = voters(cluster), bounds(cluster)
    for budget in cluster.of_kind("PodDisruptionBudget"):
        behind = cluster.selected_by(budget.namespace, budget.map(budget.spec, "selector"))
        for item in behind:
            covered[id(item)].append(budget)
            chosen[id(item)] = item
        count = sum(counted(item)[0] for item in behind)
        if behind and count:
            quorum = voting.get((behind[0].namespace, behind[0].name)) if len(behind) == 1 else None
            yield from _of(budget, behind, count, quorum)
    for key, budgets in covered.items():
        if len(budgets) > 1:
            names = " and ".join(item.name for item in budgets)
            text = f"its pods are in two budgets, {names}, so no eviction of them is ever allowed"
            yield Found(chosen[key].label, text, "keep one of the budgets", budgets[-1].where(), "error")


def _of(budget: Manifest, behind: list[Workload], count: int, voter: str | None) -> Iterator[Found]:
    found = (budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable"))
    left = _left(*found, count)
    where = place(budget, budget.spec, "minAvailable" if found[0] is not None else "maxUnavailable")
    names = " and ".join(item.label for item in behind)
    stated = f"minAvailable {found[0]}" if found[0] is not None else f"maxUnavailable {found[1]}"
    if left is None:
        return
    if left >= count:
        text = f"{stated} of {count} pods of {names} {_EVERY}"
        remedy = "use maxUnavailable: 1" if count > 1 else "run two replicas, or drop the budget"
        yield Found(label(budget), text, remedy, where)
    elif left <= 0 and count > 1:
        yield Found(label(budget), f"{stated} of {count} pods of {names} {_NONE}", "use maxUnavailable: 1", where)
    elif voter is not None and left < count // 2 + 1:
        text = f"{stated} lets {count - left} of {count} {voter} go at once, and the majority with them"
        yield Found(label(budget), text, "use maxUnavailable: 1", where, "error")
    elif len(behind) > 1 and (alone := [item for item in behind if item.replicas == 1]):
        text = f"{stated} counts the pods of {names} as equals: a drain may take {alone[0].label}, alone of its kind"
        yield Found(
            label(budget), text, "give each workload a budget of its own", place(budget, budget.spec, "selector")
        )


def topology(system: System) -> Iterator[Found]:
    """Services and datastores with a budget."""
    for service in system.topology.services:
        count = service.autoscaling.min if service.autoscaling else service.replicas
        yield from _stated(service.name, service.disruption_budget, count)
    for store in system.topology.datastores:
        yield from _stated(store.name, store.disruption_budget, store.members)


def _stated(name: str, budget: DisruptionBudget | None, count: int) -> Iterator[Found]:
    left = _left(budget.min_available, budget.max_unavailable, count) if budget is not None and count else None
    if left is not None and left >= count:
        yield Found(name, f"its budget keeps {left} of {count} pods: it {_EVERY}", "let one pod be unavailable")
    elif left is not None and left <= 0 and count > 1:
        yield Found(name, f"its budget keeps none of {count} pods: it {_NONE}", "let one pod be unavailable")


def _left(least: object, most: object, count: int) -> int | None:
    """How many pods stay; Kubernetes rounds percentages up."""
    if least is not None:
        return _number(least, count)
    taken = _number(most, count)
    return None if taken is None else count - taken


def _number(value: object, count: int) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value)
    if text.endswith("%") and text[:-1].isdecimal():
        return -(-int(text[:-1]) * count // 100)
    return int(text) if text.isdecimal() else None
