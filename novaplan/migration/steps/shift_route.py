"""Shift traffic from an old service to its heir, one weight after the other, each watched before the next."""

from __future__ import annotations

from novaplan.migration.allowing import only, only_fields, subject
from novaplan.migration.draft import Draft
from novaplan.migration.edits import Edit, set_fields
from novaplan.migration.step import Gate, Step
from novaplan.migration.steps.mirror_reads import HTTP
from novaplan.migration.texts import SUCCESS, label, rendered, share_of, undo
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
        title=f"Shift {weight} % of {old}'s traffic to {new} (until now {before} %), and watch it for {watched}",
        stages=[edits],
        units={"routes": len(routes)},
        establishes=(f"shifted/{old}/{new}",) if weight == 100 else (),
        after=[last] if last else (),
        touches=[old, new],
        preconditions=("no other change is under way on the routes of either",),
        actions=rendered(
            "Set the weights: with Gateway API in backendRefs, with ingress-nginx by the annotation canary-weight"
        ),
        gates=_gates(draft, old, new),
        rollback=undo(f"Set the weights back; {old} still runs with all its pods"),
        undone_until=f"{old} is scaled to zero",
        bake=draft.rollout.weight_bake,
        risk="high" if weight == 100 else "medium",
        rank=(*draft.heritage.rank(old), old),
    )


def _gates(draft: Draft, old: str, new: str) -> list[Gate]:
    slow = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{service={}}}[5m])))"
    watched = draft.rollout.weight_bake
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
            f"{slow.format(label(new))} / {slow.format(label(old))}",
            "<= 1.2 or absent",
            watched,
        ),
        Gate(
            "Its pods have air",
            "promql",
            f"max(rate(container_cpu_usage_seconds_total{{container={label(new)}}}[5m]) / on (pod) group_left"
            f' kube_pod_container_resource_limits{{resource="cpu",container={label(new)}}})',
            "<= 0.8",
            watched,
        ),
    ]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The new service runs; its answers were compared, where reads can be mirrored."""
    old, new, _ = subject(step)
    http = any(
        backend.service == old and route.protocol in HTTP
        for route in world.current.routes
        for backend in route.backends
    )
    return (f"deployed/{new}", *([f"mirrored/{old}/{new}"] if http else []))


def allowed(step: Step, world: World) -> str:
    """It changes the shares of routes, from one service to its heir."""
    wrong = only(step, "route") or only_fields(step, "route", "backends")
    if wrong:
        return wrong
    old, new, weight = subject(step)
    if world.heir(old) != new or not weight.isdigit():
        return f"{new} does not take over from {old}"
    return ""
