"""Write contract tests: what callers rely on, run against the old services and against their heir."""

from __future__ import annotations

from novaplan.migration.allowing import nothing
from novaplan.migration.draft import Draft
from novaplan.migration.gates import YES
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed
from novaplan.migration.world import World

PHASE, ORDER = "expand", 20


def propose(draft: Draft) -> None:
    """One for each service that takes over from others."""
    for new, olds in sorted(draft.world.sources.items()):
        if tuple(olds) == (new,):
            continue
        routes = [route for old in olds for _, route in draft.state.routes_to(old)]
        calls = [edge for old in olds for edge in draft.state.edges_to(old)]
        draft.add(
            new,
            title=f"Write down what callers rely on in {listed(olds)}, as tests that {new} has to pass too",
            units={"routes": len(routes), "clients": len(calls)},
            establishes=(f"contract-tests/{new}",),
            touches=[*olds, new],
            actions=[
                Action("One test for each route and each call: status, body, headers, errors, time limits", tool="git"),
                Action("Run them against what runs today, and keep the answers", tool="shell"),
            ],
            gates=[Gate("All pass", "person", "Did every contract test pass against what runs today?", YES)],
            rollback=[Action("Nothing was changed", tool="person")],
            undone_until="always: nothing was changed",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who calls."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It changes nothing."""
    return nothing(step)
