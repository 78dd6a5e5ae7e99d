"""Give the new service its autoscaling and its disruption budget, before it has traffic."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import set_fields
from novaplan.migration.gates import EXIT
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import kubectl, rendered, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address
from novaplan.topology.service import Service

PHASE, ORDER = "expand", 180


def propose(draft: Draft) -> None:
    """One for each service that is new or takes over from others."""
    for service in sorted(draft.target.services, key=lambda item: item.name):
        own = address("service", service.name)
        there = draft.state.part(own, Service)
        merged = tuple(draft.world.sources.get(service.name, ())) != (service.name,)
        wanted = {name: getattr(service, name) for name in ("autoscaling", "disruption_budget")}
        if there is None or not merged or all(getattr(there, name) == value for name, value in wanted.items()):
            continue
        scaling = service.autoscaling
        draft.add(
            service.name,
            title=f"Let {service.name} scale"
            + (f" between {scaling.min} and {scaling.max} pods" if scaling else " by hand alone")
            + (", and keep enough of them when a node is drained" if service.disruption_budget else ""),
            stages=[[set_fields(own, **wanted)]],
            touches=[service.name],
            actions=rendered(),
            gates=[
                Gate(
                    "The autoscaler reads its figures",
                    "kubectl",
                    kubectl(service.namespace, "wait", "--for=condition=ScalingActive", f"hpa/{service.name}"),
                    EXIT,
                )
                if scaling
                else Gate(
                    "Its pods are ready",
                    "kubectl",
                    kubectl(service.namespace, "rollout", "status", f"deployment/{service.name}", "--timeout=10m"),
                    EXIT,
                ),
                *(
                    [
                        Gate(
                            "A pod may be moved",
                            "kubectl",
                            kubectl(
                                service.namespace,
                                "get",
                                "pdb",
                                service.name,
                                "-o",
                                "jsonpath={.status.disruptionsAllowed}",
                            ),
                            ">= 1",
                        )
                    ]
                    if service.disruption_budget
                    else []
                ),
            ],
            rollback=undo("Take both away again"),
            undone_until="always",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The service runs."""
    return (f"deployed/{subject(step)[0]}",)


def allowed(step: Step, world: World) -> str:
    """It changes how one service scales."""
    return only(step, "service") or only_fields(step, "service", "autoscaling", "disruption_budget")
