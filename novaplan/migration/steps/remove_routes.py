"""Remove routes whose successors carry everything, or that nobody needs."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only_removes
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.gates import YES
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import listed, rendered, undo
from novaplan.migration.world import World
from novaplan.topology.parts import kind_of, label_of
from novaplan.topology.wiring import Route

PHASE, ORDER = "contract", 290


def propose(draft: Draft) -> None:
    """One for each service whose routes they are."""
    gone: dict[str, list[str]] = defaultdict(list)
    for own, part in sorted(draft.state.parts.items()):
        if isinstance(part, Route) and own not in draft.goal:
            gone[part.backends[0].service].append(own)
    for name, owns in sorted(gone.items()):
        shown = [label_of(own) for own in owns]
        baked = [step.id for step in draft.steps if step.kind in ("bake", "move-entry")]
        draft.add(
            name,
            title=f"Remove {'the old route' if len(owns) == 1 else f'the {len(owns)} old routes'} of {name}: "
            + listed(shown[:3])
            + (" and so on" if len(shown) > 3 else ""),
            stages=[[remove(own) for own in owns]],
            units={"routes": len(owns)},
            after=[item for item in baked if _concerns(draft, item, owns)],
            touches=[name],
            preconditions=("nobody has used them for the whole bake time",),
            actions=rendered(),
            gates=[
                Gate(
                    "Nobody asks for them",
                    "person",
                    "Does the log of the controller show no request for them that was answered 404?",
                    YES,
                    draft.rollout.weight_bake,
                )
            ],
            rollback=undo("Add them again"),
            undone_until="always",
        )


def _concerns(draft: Draft, step: str, owns: list[str]) -> bool:
    """Whether the new side of these routes, or the gateway before them, is what the step is about."""
    routes = [draft.state.parts[own] for own in owns]
    names = {backend.service for route in routes if isinstance(route, Route) for backend in route.backends}
    names |= {route.via for route in routes if isinstance(route, Route) and route.via}
    return step.partition("/")[2] in names


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """Where a route has a successor behind a merged service, that has carried everything for a while."""
    found = set()
    for edit in step.edits:
        for heir in world.heirs.get(edit.address, ()):
            route = next((item for item in world.target.routes if kind_of(heir) == "route" and _is(item, heir)), None)
            for backend in route.backends if route else ():
                if any(old not in world.target.service for old in world.sources.get(backend.service, ())):
                    found.add(f"baked/{backend.service}")
    return tuple(sorted(found)) or ("inventory",)


def _is(route: Route, own: str) -> bool:
    from novaplan.topology.parts import route_address

    return route_address(route) == own


def allowed(step: Step, world: World) -> str:
    """It removes routes."""
    return only_removes(step, "route")
