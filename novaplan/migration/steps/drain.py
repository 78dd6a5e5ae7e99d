"""Drain an old service: wait until nobody is connected, and help long connections to end."""

from __future__ import annotations

from novaplan.migration.allowing import nothing, subject
from novaplan.migration.draft import Draft
from novaplan.migration.facts import entered, handing_over, shifted
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import kubectl, label, listed
from novaplan.migration.world import World
from novaplan.quantity import format_milliseconds

PHASE, ORDER = "migrate", 240
LONG = ("websocket", "rtmp", "tcp", "grpc", "udp")


def propose(draft: Draft) -> None:
    """One for each service that ends."""
    for old in sorted(draft.heritage.leaving):
        service = draft.current.service[old]
        new = draft.world.heir(old)
        long = sorted({port.protocol for port in service.ports if port.protocol in LONG})
        grace = format_milliseconds(service.termination.grace)
        handed = [step.id for step in draft.steps if step.kind == "hand-over-consumption" and old in step.touches]
        actions = [Action(f"Watch the connections of {old} until none is left", tool="person")]
        if long:
            actions = [
                Action(
                    "Let the load balancers send new connections to the heir; those that are open stay", tool="person"
                ),
                Action(
                    f"Ask the clients of {listed(long)} to come again, a few at a time: restart one pod after"
                    f" the other (each has {grace} to hand its connections over)",
                    kubectl(service.namespace, "rollout", "restart", f"deployment/{old}"),
                ),
            ]
        draft.add(
            old,
            title=f"Drain {old}" + (f": its {listed(long)} connections move to {new}" if long and new != old else ""),
            units={"clients": len(long)},
            establishes=(f"drained/{old}",),
            after=handed,
            touches=[old, *([new] if new != old else [])],
            preconditions=(
                ("what a connection needs is shared by both sides: sessions, presence, stream keys",) if long else ()
            ),
            actions=actions,
            gates=[
                Gate(
                    "No connection is open",
                    "promql",
                    f"sum(open_connections{{service={label(old)}}}) or vector(0)",
                    "== 0",
                    draft.rollout.weight_bake,
                ),
                *(
                    [
                        Gate(
                            "Clients do not come again all at once",
                            "promql",
                            f"sum(rate(connections_opened_total{{service={label(new)}}}[1m]))"
                            f" / sum(rate(connections_opened_total{{service=~{label(f'{new}|{old}')}}}[1m] offset 1d))",
                            "<= 2 or absent",
                        )
                    ]
                    if long
                    else []
                ),
            ],
            rollback=[Action("Let the load balancers send connections to it again", tool="person")],
            undone_until=f"{old} is scaled to zero",
            risk="medium" if long else "low",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """Its name, its traffic and its messages have moved, and nobody comes in through it."""
    old = subject(step)[0]
    new = world.heir(old)
    if new not in world.target.service:
        return ("inventory",)
    return (f"named/{old}", *shifted(world, old), *entered(world, old), *handing_over(world, old))


def allowed(step: Step, world: World) -> str:
    """It changes nothing."""
    return nothing(step)
