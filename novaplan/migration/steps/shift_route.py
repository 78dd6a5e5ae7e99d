"""Shift traffic from an old service to its heir, one weight after the other, each watched before the next."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, set_fields
from novaplan.migration.facts import ready
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.steps.mirror_reads import HTTP
from novaplan.migration.texts import SUCCESS, kubectl, label, listed, rendered, share_of, undo
from novaplan.migration.world import World
from novaplan.quantity import format_milliseconds
from novaplan.topology.base import replace
from novaplan.topology.wiring import Backend, Route

PHASE, ORDER = "migrate", 210


def propose(draft: Draft) -> None:
    """One for each service that ends and has routes, and each weight; all its routes go together."""
    last: dict[str, str] = {}
    for old, new in draft.heritage.pairs:
        routes = draft.state.routes_to(old)
        before = 0
        for weight in (*(item for item in draft.rollout.weights if item < 100), 100) if routes else ():
            # Nothing shares a plain port between two: it moves in one go, with the last weight.
            moving = [(own, route) for own, route in routes if weight == 100 or route.path is not None]
            edits = [edit for own, route in moving if (edit := _shifted(draft, own, route, old, new, weight))]
            if not edits and weight < 100:
                continue
            last[new] = _add(draft, old, new, (before, weight), [route for _, route in routes], edits, last.get(new))
            before = weight


def _shifted(draft: Draft, own: str, route: Route, old: str, new: str, weight: int) -> Edit | None:
    """The backends of ``route``, as before any of this traffic moved, once new services have ``weight`` per cent of it.

    What others of them have already counts, so a route with several old services passes through each weight once."""
    served = draft.heritage.servers_at_start(own)
    gained = sum(backend.weight for backend in route.backends if backend.service not in served)
    moving = max(0, weight - gained) if weight < 100 else 100
    left, found = [], dict[tuple[str, str], int]()
    for backend in route.backends:
        if backend.service != old:
            found[backend.service, backend.port] = found.get((backend.service, backend.port), 0) + backend.weight
            continue
        key = (new, draft.heritage.backend_port(route, old, backend.port, new))
        share = min(backend.weight, moving)
        moving -= share
        if share or weight == 100:
            found[key] = found.get(key, 0) + share
        if weight < 100:
            left.append(replace(backend, weight=backend.weight - share))
    backends = [*left, *(Backend(service=name, port=port, weight=share) for (name, port), share in found.items())]
    ordered = tuple(sorted(backends, key=lambda item: (item.service, item.port, item.weight)))
    there = draft.state.part(own, Route)
    return None if there is None or there.backends == ordered else set_fields(own, backends=ordered)


def _add(
    draft: Draft, old: str, new: str, weights: tuple[int, int], routes: list[Route], edits: list[Edit], last: str | None
) -> str:
    before, weight = weights
    watched = format_milliseconds(draft.rollout.weight_bake)
    return draft.add(
        old,
        new,
        weight,
        title=f"Shift {weight} % of {old}'s traffic to {new} (until now {before} %), and watch it for {watched}"
        if any(route.path is not None for route in routes)
        else f"Move the {_ports(routes)} of {old} to {new}, and watch for {watched}",
        stages=[edits],
        units={"routes": len(routes)},
        establishes=(f"shifted/{old}/{new}",) if weight == 100 else (),
        after=[last] if last else (),
        touches=[old, new],
        preconditions=(
            "no other change is under way on the routes of either",
            *_apart(draft, routes, old, new, weight),
        ),
        actions=_actions(draft, routes, new, weight),
        gates=_gates(draft, old, new, http=any(route.path or route.protocol in HTTP for route in routes)),
        rollback=[*undo(f"Set it back; {old} still runs with all its pods"), *_at_gateways(routes, new, before)],
        undone_until=f"{old} is scaled to zero",
        bake=draft.rollout.weight_bake,
        risk="high" if weight == 100 else "medium",
    )


def _ports(routes: list[Route]) -> str:
    numbers = [str(route.listen) for route in routes]
    return f"port {numbers[0]}" if len(numbers) == 1 else f"ports {listed(numbers)}"


def _actions(draft: Draft, routes: list[Route], new: str, weight: int) -> list[Action]:
    plain = [route for route in routes if route.path is None]
    shared = [route for route in routes if route.path is not None and route.via is None]
    says = [f"set the weight, by the canary of an Ingress, to {weight} %"] if shared else []
    says += (
        [f"move the selector behind {_ports(plain)}, whose Service keeps its address"]
        if plain and weight == 100
        else []
    )
    told = " and ".join(says) or "note the share down; the gateway alone forwards these routes"
    return [
        *rendered(told[0].upper() + told[1:]),
        *_at_gateways(routes, new, weight),
        *(_elsewhere(draft, plain, new) if weight == 100 else []),
    ]


def _at_gateways(routes: list[Route], new: str, weight: int) -> list[Action]:
    """What a gateway of the system forwards it has to share itself: no manifest says how."""
    gateways = sorted({route.via for route in routes if route.via is not None and route.path is not None})
    return [
        Action(
            f"In the configuration of {name} itself, give {new} {weight} % of"
            f" {listed([route.path or '/' for route in routes if route.via == name][:5])}"
            + (" and so on" if sum(route.via == name for route in routes) > 5 else ""),
            tool="person",
        )
        for name in gateways
    ]


def _apart(draft: Draft, routes: list[Route], old: str, new: str, weight: int) -> list[str]:
    """A canary counts for the Ingress that it stands beside."""
    here, there = (draft.service(name).namespace or draft.home.namespace for name in (old, new))
    if here == there or weight == 100 or all(route.path is None or route.via for route in routes):
        return []
    return [f"the Ingress controller shares traffic between {here} and {there}: ingress-nginx is known not to"]


def _elsewhere(draft: Draft, plain: list[Route], new: str) -> list[Action]:
    """A Service cannot lead into another namespace: the port has another address there, which names have to follow."""
    there = draft.service(new).namespace or draft.home.namespace
    olds = {
        draft.service(backend.service).namespace or draft.home.namespace
        for route in plain
        for backend in route.backends
    }
    if not plain or olds == {there}:
        return []
    words = (
        "get",
        "service",
        *(f"public-{'udp' if route.protocol == 'udp' else 'tcp'}-{route.listen}" for route in plain),
    )
    says = f"Lead the outside to the addresses that these have in {there}; the old ones go with the old service"
    return [Action(says, kubectl(there, *words, "-o", "wide"))]


def _gates(draft: Draft, old: str, new: str, *, http: bool) -> list[Gate]:
    slow = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{service={}}}[5m]{})))"
    watched = draft.rollout.weight_bake
    air = Gate(
        "Its pods have air",
        "promql",
        f"max(rate(container_cpu_usage_seconds_total{{container={label(new)}}}[5m]) / on (pod) group_left"
        f' kube_pod_container_resource_limits{{resource="cpu",container={label(new)}}})',
        "<= 0.8",
        watched,
    )
    if not http:
        opened = (
            f"sum(open_connections{{service={label(new)}}})"
            f" / sum(open_connections{{service=~{label(f'{new}|{old}')}}} offset 1d)"
        )
        return [Gate("Clients connect to it, and stay", "promql", opened, ">= 0.8 or absent", watched), air]
    return [
        Gate(
            "Requests succeed",
            "promql",
            share_of(new, SUCCESS),
            f">= {round(draft.rollout.success_percent / 100, 6)}",
            watched,
        ),
        Gate(
            "It answers about as fast as before",
            "promql",
            f"{slow.format(label(new), '')} / {slow.format(label(old), ' offset 1d')}",
            "<= 1.2 or absent",
            watched,
        ),
        air,
    ]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The new service runs and does all it has to; its answers were compared, where reads can be mirrored."""
    old, new, _ = subject(step)
    http = any(
        backend.service == old and route.protocol in HTTP
        for route in world.current.routes
        for backend in route.backends
    )
    return (*ready(world, new), *([f"mirrored/{old}/{new}"] if http else []))


def allowed(step: Step, world: World) -> str:
    """It changes the shares of routes, from one service to its heir."""
    wrong = only(step, "route") or only_fields(step, "route", "backends")
    if wrong:
        return wrong
    old, new, weight = subject(step)
    if world.heir(old) != new or not weight.isdigit():
        return f"{new} does not take over from {old}"
    return ""
