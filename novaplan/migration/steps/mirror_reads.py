"""Mirror reads: a copy of each read goes to the new service, its answer is compared and thrown away."""

from __future__ import annotations

from novaplan.migration.allowing import nothing, subject
from novaplan.migration.draft import Draft
from novaplan.migration.facts import ready
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import label
from novaplan.migration.world import World

PHASE, ORDER = "migrate", 200
HTTP = ("http", "https", "grpc")


def propose(draft: Draft) -> None:
    """One for each service that ends and has routes over HTTP."""
    for old, new in draft.heritage.pairs:
        routes = [route for _, route in draft.state.routes_to(old) if route.protocol in HTTP]
        if not routes:
            continue
        both = f"{{old={label(old)},new={label(new)}}}[5m]"
        differ = f"sum(rate(mirror_differences_total{both})) / sum(rate(mirror_requests_total{both}))"
        draft.add(
            old,
            new,
            title=f"Mirror the reads of {old} to {new} and compare the answers",
            units={"routes": len(routes)},
            establishes=(f"mirrored/{old}/{new}",),
            touches=[old, new],
            preconditions=("only GET and HEAD are mirrored: a mirrored write would happen twice",),
            actions=[
                Action(
                    "Mirror at the proxy in front: with ingress-nginx by the annotation mirror-target, for locations"
                    " that only read",
                    tool="person",
                ),
                Action(
                    "Compare status and body, leaving out what changes with time; look into every difference",
                    tool="person",
                ),
            ],
            gates=[
                Gate(
                    "Answers differ in fewer than one of a thousand",
                    "promql",
                    differ,
                    "<= 0.001",
                    draft.rollout.weight_bake,
                ),
                Gate(
                    "It fails no mirrored read",
                    "promql",
                    f'sum(rate(http_requests_total{{service={label(new)},code=~"5.."}}[5m])) or vector(0)',
                    "== 0",
                    draft.rollout.weight_bake,
                ),
            ],
            rollback=[Action("Stop mirroring", tool="person")],
            undone_until="always: its answers reach nobody",
        )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The new service runs as it will: what is compared is what will answer."""
    return ready(world, subject(step)[1])


def allowed(step: Step, world: World) -> str:
    """It changes nothing: no answer of the new side reaches anybody."""
    return nothing(step)
