"""Let everybody come in through the new entrance, past an old gateway."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit
from novaplan.migration.facts import behind
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import label, listed, rendered, undo
from novaplan.migration.world import World
from novaplan.topology.parts import route_address
from novaplan.topology.wiring import Route

PHASE, ORDER = "migrate", 215


def propose(draft: Draft) -> None:
    """One for each gateway that ends and that routes pass through."""
    gateways: dict[str, list[Route]] = defaultdict(list)
    for route in draft.current.routes:
        if route.via in draft.heritage.leaving:
            gateways[route.via or ""].append(route)
    for gateway, routes in sorted(gateways.items()):
        edits: list[Edit] = []
        for route in routes:
            own = route_address(route)
            if own in draft.goal and own in draft.state.parts:
                edits += draft.towards(own, leave=("backends",))
        hosts = sorted(
            {heir.host or "*" for route in routes for heir in draft.heritage.routes_of(route_address(route))}
        )
        draft.add(
            gateway,
            title=f"Let everybody come in past {gateway}, through {listed(hosts) or 'nothing'}",
            stages=[edits],
            units={"routes": len(routes)},
            establishes=(f"entry-moved/{gateway}",),
            touches=[gateway, *sorted({backend.service for route in routes for backend in route.backends})],
            preconditions=("the record in DNS has lived with a short time to live for as long as its old one",),
            actions=[
                *(rendered() if edits else []),
                Action(f"Lead the public names to the new entrance ({listed(hosts)})", tool="person"),
                Action("Tell those who call the old address by its number, and wait for them", tool="person"),
            ],
            gates=[_nobody(gateway, draft.rollout.bake)],
            rollback=[
                Action("Lead the public names back; the gateway still runs", tool="person"),
                *(undo() if edits else []),
            ],
            undone_until=f"{gateway} is scaled to zero",
            risk="high",
        )


def _nobody(gateway: str, bake: int) -> Gate:
    query = (
        f"sum(rate(nginx_http_requests_total{{service={label(gateway)}}}[5m]))"
        f" or sum(rate(http_requests_total{{service={label(gateway)}}}[5m])) or vector(0)"
    )
    return Gate(f"Nobody comes in through {gateway}", "promql", query, "== 0", bake)


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says who comes in there; whatever is behind it is served by the new side."""
    return ("inventory", *behind(world, subject(step)[0]))


def allowed(step: Step, world: World) -> str:
    """It changes routes that keep their address."""
    gateway = subject(step)[0]
    if any(route.via == gateway for route in world.target.routes):
        return f"{gateway} stays the entrance of some routes"
    return only(step, "route")
