"""Scale an old service to zero: it can be back in a minute."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, remove, set_fields
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import rendered, undo
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.parts import address, dependency_address
from novaplan.topology.service import Service

PHASE, ORDER = "contract", 300


def propose(draft: Draft) -> None:
    """One for each service that ends; whoever still calls one without an heir stops."""
    for old in sorted(draft.heritage.leaving):
        own = address("service", old)
        service = draft.current.service[old]
        edits: list[Edit] = [set_fields(own, replicas=0, autoscaling=None, disruption_budget=None)]
        left = draft.state.edges_to(old)
        edits += [remove(dependency_address(edge)) for edge in left]
        for other in draft.target.services:
            there = draft.state.part(address("service", other.name), Service)
            if there is not None and old in there.startup.wait_for:
                waits = tuple(name for name in there.startup.wait_for if name != old)
                edits.append(set_fields(address("service", other.name), startup=replace(there.startup, wait_for=waits)))
        removed = [step.id for step in draft.steps if step.kind == "remove-routes" and old in step.touches]
        draft.add(
            old,
            title=f"Scale {old} to zero; it can be started again at once",
            stages=[edits],
            after=removed,
            touches=[old],
            actions=rendered(
                "Suspend it"
                if service.workload == "cronjob"
                else "Scale it down, and take away what would start it again"
            ),
            gates=[
                Gate(
                    "Nobody misses it",
                    "promql",
                    'sum(rate(http_requests_total{code=~"502|503|504"}[5m]))'
                    ' / sum(rate(http_requests_total{code=~"502|503|504"}[5m] offset 1d))',
                    "<= 1.1 or absent",
                    draft.rollout.weight_bake,
                )
            ],
            rollback=undo("Start it again as it was, with its autoscaler and budget"),
            undone_until=f"{old} is deleted",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """It is drained, and its heir has carried everything for a while."""
    old = subject(step)[0]
    new = world.heir(old)
    return (f"drained/{old}", *([f"baked/{new}"] if new in world.target.service else []))


def allowed(step: Step, world: World) -> str:
    """It scales one service that ends."""
    old = subject(step)[0]
    if old in world.target.service:
        return f"{old} stays"
    return only(step, "service", "dependency") or only_fields(
        step, "service", "replicas", "autoscaling", "disruption_budget", "startup"
    )
