"""Drop an old name, once nobody has asked for it for a while."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import set_fields
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import rendered, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address
from novaplan.topology.service import Service

PHASE, ORDER = "contract", 360


def propose(draft: Draft) -> None:
    """One for each name that a service of target answers to on the way alone."""
    for service in sorted(draft.target.services, key=lambda item: item.name):
        own = address("service", service.name)
        there = draft.state.part(own, Service)
        left = list(there.aliases) if there is not None else []
        for name in sorted(set(left) - set(service.aliases)):
            left.remove(name)
            names = service.aliases if set(left) == set(service.aliases) else tuple(left)
            draft.add(
                name,
                service.name,
                title=f"Drop the name {name}, which leads to {service.name}",
                stages=[[set_fields(own, aliases=names)]],
                after=[step.id for step in draft.steps if step.id == f"delete-service/{name}"],
                touches=[service.name],
                preconditions=("no configuration, job, dashboard or certificate outside the topology names it either",),
                actions=rendered("Delete the Service of that name"),
                gates=[
                    Gate(
                        "Nobody asks for it",
                        "promql",
                        'sum(increase(coredns_dns_responses_total{rcode="NXDOMAIN"}[1h]))'
                        ' / sum(increase(coredns_dns_responses_total{rcode="NXDOMAIN"}[1h] offset 1d))',
                        "<= 1.1 or absent",
                        draft.rollout.bake,
                    )
                ],
                rollback=undo("Add it again"),
                undone_until="always",
                bake=0,
            )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """What took over has done so for a while."""
    name, owner = subject(step)
    leaving = name in world.current.service and name not in world.target.service
    return (f"baked/{owner}",) if leaving and world.heir(name) == owner else ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It takes a name away."""
    return only(step, "service") or only_fields(step, "service", "aliases")
