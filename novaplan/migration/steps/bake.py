"""Let the new service carry everything for a while, before anything of the old ones goes."""

from __future__ import annotations

from novaplan.migration.allowing import nothing, subject
from novaplan.migration.draft import Draft
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import SUCCESS, label, listed, share_of
from novaplan.migration.world import World
from novaplan.quantity import format_milliseconds

PHASE, ORDER = "migrate", 270


def propose(draft: Draft) -> None:
    """One for each service that has taken over from others."""
    for new, olds in sorted(draft.world.sources.items()):
        gone = [old for old in olds if old in draft.heritage.leaving]
        if not gone:
            continue
        draft.add(
            new,
            title=f"Let {new} carry the work of {listed(gone)} alone for {format_milliseconds(draft.rollout.bake)}",
            establishes=(f"baked/{new}",),
            touches=[new, *gone],
            actions=[
                Action(
                    "Change nothing of either side; look at the figures at the busiest hour and after every nightly"
                    " job",
                    tool="person",
                ),
                Action("Ask once more for callers of the old names: DNS queries, access logs", tool="person"),
            ],
            gates=[
                Gate(
                    "Requests succeed all the time",
                    "promql",
                    share_of(new, SUCCESS),
                    f">= {round(draft.rollout.success_percent / 100, 6)}",
                    draft.rollout.bake,
                ),
                *(
                    Gate(
                        f"{old} gets nothing",
                        "promql",
                        f"sum(rate(http_requests_total{{service={label(old)}}}[1h])) or vector(0)",
                        "== 0",
                        draft.rollout.bake,
                    )
                    for old in gone[:3]
                ),
            ],
            rollback=[
                Action(
                    "Undo the steps that gave it the work, the last one first, by their own rollbacks; the old services"
                    " still run",
                    tool="person",
                )
            ],
            undone_until="the old services are scaled to zero",
            bake=draft.rollout.bake,
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """Nobody uses the old services any more."""
    new = subject(step)[0]
    gone = [old for old in world.sources.get(new, ()) if old not in world.target.service]
    gateways = sorted({route.via for route in world.current.routes if route.via in gone})
    return (*(f"drained/{old}" for old in gone), *(f"entry-moved/{name}" for name in gateways))


def allowed(step: Step, world: World) -> str:
    """It changes nothing."""
    return nothing(step)
