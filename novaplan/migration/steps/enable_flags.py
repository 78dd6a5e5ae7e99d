"""Turn feature flags on, or off, as target has them."""

from __future__ import annotations

from novaplan.migration.allowing import no_removal, only, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import put, set_fields
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import label, listed, rendered, undo
from novaplan.migration.world import World
from novaplan.topology.parts import address, kind_of
from novaplan.topology.service import FeatureFlag

PHASE, ORDER = "expand", 170


def propose(draft: Draft) -> None:
    """One for each service whose flags are not as in target."""
    for service in sorted(draft.target.services, key=lambda item: item.name):
        own = address("service", service.name)
        edits = []
        for flag in service.flags:
            at = f"flag:{service.name}/{address('x', flag.name)[2:]}"
            there = draft.state.part(at, FeatureFlag)
            if there is None:
                edits.append(put(at, flag))
            elif there.enabled != flag.enabled:
                edits.append(set_fields(at, enabled=flag.enabled))
        if not edits or own not in draft.state.parts:
            continue
        names = [edit.address.partition("/")[2] for edit in edits]
        errors = f'sum(rate(http_requests_total{{service={label(service.name)},code=~"5.."}}[5m])) or vector(0)'
        draft.add(
            service.name,
            title=f"Set the flags of {service.name} as they stay: {listed(names)}",
            stages=[edits],
            units={"flags": len(edits)},
            establishes=(f"flags/{service.name}",),
            after=draft.moves.get(service.name, ()),
            touches=[service.name],
            actions=[
                *rendered(),
                Action("Try what each flag turns on from inside the cluster, with the contract tests", tool="shell"),
            ],
            gates=[Gate("It fails no requests", "promql", errors, "== 0", draft.rollout.weight_bake)],
            rollback=undo("Set the flags back"),
            undone_until="always, as long as the code behind the flag is there",
            risk="low",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The service runs, where it is new or merged."""
    name = subject(step)[0]
    olds = world.sources.get(name, ())
    return (f"deployed/{name}",) if name not in world.current.service or tuple(olds) != (name,) else ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes the flags of one service."""
    own = [
        edit
        for edit in step.edits
        if kind_of(edit.address) == "flag" and not edit.address.startswith(f"flag:{subject(step)[0]}/")
    ]
    return f"{step.kind} changes flags of one service" if own else only(step, "flag") or no_removal(step, "flag")
