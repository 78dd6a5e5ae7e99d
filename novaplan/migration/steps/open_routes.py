"""Open the routes that are new, all of their traffic to the old services; the old routes go on beside them."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, put
from novaplan.migration.gates import YES
from novaplan.migration.step import Gate, Step
from novaplan.migration.texts import listed, rendered, sh, undo
from novaplan.migration.world import World
from novaplan.topology.base import replace
from novaplan.topology.parts import route_address
from novaplan.topology.wiring import Route

PHASE, ORDER = "expand", 190


def propose(draft: Draft) -> None:
    """One for each service of target that new routes will lead to."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for route in draft.target.routes:
        own = route_address(route)
        if own in draft.state.parts:
            continue
        olds = [
            old
            for item in draft.heritage.route_sources.get(own, ())
            if (old := draft.state.part(route_address(item), Route))
        ]
        via = route.via if route.via is None or draft.state.exists(route.via) else None
        opened = replace(route, backends=olds[0].backends, via=via) if olds else route
        edits[route.backends[0].service].append(put(own, opened))
    for name, made in sorted(edits.items()):
        routes = [edit.part for edit in made if isinstance(edit.part, Route)]
        draft.add(
            name,
            title=f"Open {_counted(len(routes))} that will lead to {name}; until then they lead where the old ones do",
            stages=[made],
            units={"routes": len(routes)},
            establishes=(f"opened/{name}",),
            touches=sorted({name, *(backend.service for route in routes for backend in route.backends)}),
            preconditions=("nobody is told of the new addresses yet", "the certificate is valid for their hosts"),
            actions=rendered(),
            gates=[
                Gate(
                    "It answers as the old one does",
                    "person",
                    f"Does {_curl(route)} print what the old route for {_shown(route)} prints?",
                    YES,
                )
                for route in routes[:3]
            ],
            rollback=undo(
                f"Take them away again: {listed([_shown(route) for route in routes[:5]])}"
                + (" and the others" if len(routes) > 5 else "")
            ),
            undone_until="somebody uses them",
        )


def _counted(number: int) -> str:
    return "the route" if number == 1 else f"the {number} routes"


def _shown(route: Route) -> str:
    return f"{route.host or '*'}{f':{route.listen}' if route.listen else ''}{route.path or ''}"


def _curl(route: Route) -> str:
    scheme = "https" if route.tls else "http"
    port = f":{route.listen}" if route.listen else ""
    return sh(
        "curl",
        "-sS",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        f"{scheme}://{route.host or 'localhost'}{port}{route.path or '/'}",
    )


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says which there are."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds routes."""
    return only(step, "route") or no_removal(step, "route")
